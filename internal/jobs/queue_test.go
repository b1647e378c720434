package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/jobs/jobstest"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

func TestContractOnSQLite(t *testing.T) {
	t.Parallel()
	jobstest.Run(t, func(t *testing.T) jobstest.Store { return storetest.Open(t) })
}

func TestContractOnPostgres(t *testing.T) {
	t.Parallel()
	jobstest.Run(t, func(t *testing.T) jobstest.Store { return storetest.OpenPostgres(t) })
}

// TestRoomsClock: a clock that a test has moved decides how long a job waits,
// not whether it ever runs.
func TestRoomsClock(t *testing.T) {
	t.Parallel()
	rooms := time.Now().AddDate(5, 0, 0)
	s := storetest.Open(t)
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s, Now: func() time.Time { return rooms }})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan string, 9)
	if err := q.Handle("work", jobs.Options{}, func(_ context.Context, payload []byte, _ int, _ bool) error {
		ran <- string(payload)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{"now": {}, "at once": rooms, "in an hour": rooms.Add(time.Hour)} {
		if err := s.Do(t.Context(), func(tx kyc.Tx) error {
			return q.Insert(t.Context(), tx, kyc.Job{Kind: "work", Payload: []byte(name), RunAt: at})
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Stop(context.Background()) }()
	for range 2 {
		select {
		case got := <-ran:
			if got == "in an hour" {
				t.Error("the job for later ran")
			}
		case <-time.After(time.Minute):
			t.Fatal("a job for now did not run")
		}
	}
}

// TestStartBesideUnits: a unit of work that inserts a job while the queue starts
// has the connection that the start waits for, and does not wait for the start.
func TestStartBesideUnits(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { return nil }); err != nil {
		t.Fatal(err)
	}
	begun, inserted := make(chan struct{}), make(chan error, 1)
	go func() {
		inserted <- s.Do(t.Context(), func(tx kyc.Tx) error {
			close(begun)
			time.Sleep(200 * time.Millisecond) // the start is under way by then
			return q.Insert(t.Context(), tx, kyc.Job{Kind: "work"})
		})
	}()
	<-begun
	start := time.Now()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Stop(context.Background()) }()
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("the start took %v", took)
	}
	if err := <-inserted; err != nil {
		t.Error(err)
	}
}
