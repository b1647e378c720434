package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The clock of life. A node says every beat that it lives; who has not said so
// for a lease is dead, and every other node, with its next beat, takes up what
// was running there: within 10 seconds. A node that cannot say so gives its
// work up by itself before the others would take it.
const (
	beat  = 2 * time.Second
	lease = 8 * time.Second
	fence = 6 * time.Second // less than lease by what a statement and a fast clock may take
)

// errFenced cancels the jobs of a node that the others may believe dead.
var errFenced = errors.New("this node could not reach the database and gave its jobs up")

// node is one process among those that work on a PostgreSQL database.
type node struct {
	id     string
	pool   *pgxpool.Pool
	logger *slog.Logger
	wake   func() // called when jobs of a dead node were taken up

	mu     sync.Mutex
	joined bool
	timer  *time.Timer                       // fences
	works  map[int64]context.CancelCauseFunc // by number of the run
	runs   int64
	alive  context.Context // ends with leave
	stop   context.CancelFunc
	done   chan struct{}
}

func newNode(pool *pgxpool.Pool, logger *slog.Logger, wake func()) *node {
	return &node{id: rand.Text(), pool: pool, logger: logger, wake: wake, works: map[int64]context.CancelCauseFunc{}}
}

// join makes the node known, before it takes its first job, and keeps it known.
// It tells whether it is the only one.
func (n *node) join(ctx context.Context) (alone bool, err error) {
	if err := n.live(ctx); err != nil {
		return false, err
	}
	if _, err := n.bury(ctx); err != nil {
		return false, err
	}
	var others int
	if err := n.pool.QueryRow(ctx, `SELECT COUNT(*) FROM job_nodes WHERE id <> $1`, n.id).Scan(&others); err != nil {
		return false, err
	}
	n.done = make(chan struct{})
	n.alive, n.stop = context.WithCancel(context.Background())
	go n.beats(n.alive)
	return others == 0, nil
}

// leave makes the node unknown. What still runs here is taken up by others.
func (n *node) leave(ctx context.Context) error {
	n.stop()
	<-n.done
	n.mu.Lock()
	n.joined = false
	n.timer.Stop()
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beat)
	defer cancel()
	_, err := n.pool.Exec(ctx, `WITH runs AS (DELETE FROM job_runs WHERE node = $1) DELETE FROM job_nodes WHERE id = $1`, n.id)
	if err != nil {
		return fmt.Errorf("say that this node ends: %w", err)
	}
	return nil
}

func (n *node) beats(ctx context.Context) {
	defer close(n.done)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var freed int64
		err := n.live(ctx)
		if err == nil {
			freed, err = n.bury(ctx)
		}
		if freed > 0 {
			n.wake()
		}
		if err != nil && ctx.Err() == nil {
			n.logger.WarnContext(ctx, "queue: this node's sign of life failed", "error", err)
		}
	}
}

// The database's clock in microseconds: the nodes' own may differ.
const clock = `(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint`

// live says that the node lives. Its time counts from before the statement. A
// node whose row was gone was buried meanwhile: it slept, with a clock that may
// have slept too, and comes here before its timer fires.
func (n *node) live(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	began := time.Now()
	var buried bool
	err := n.pool.QueryRow(ctx, `INSERT INTO job_nodes (id, seen_at) VALUES ($1, `+clock+`)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at RETURNING xmax = 0`, n.id).Scan(&buried)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if buried && n.joined {
		n.giveUp()
	}
	left := fence - time.Since(began)
	if left <= 0 {
		return errFenced
	}
	if n.timer == nil {
		n.timer = time.AfterFunc(left, n.fence)
	} else {
		n.timer.Reset(left)
	}
	n.joined = true
	return nil
}

// fence gives up all work: the others are about to believe that it died.
func (n *node) fence() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.joined = false
	n.giveUp()
}

// giveUp ends the contexts of all work. The lock is held.
func (n *node) giveUp() {
	for _, cancel := range n.works {
		cancel(errFenced)
	}
	n.logger.Warn("queue: no sign of life for too long, jobs given up", "count", len(n.works))
}

// work lets a job begin, and ends its context when the node is fenced.
func (n *node) work(ctx context.Context) (run int64, working context.Context, end func(), ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.joined {
		return 0, ctx, nil, false
	}
	n.runs++
	run = n.runs
	working, cancel := context.WithCancelCause(ctx)
	n.works[run] = cancel
	return run, working, func() {
		n.mu.Lock()
		delete(n.works, run)
		n.mu.Unlock()
		cancel(nil)
	}, true
}

// bury removes the dead and hands their jobs out again, as free does on SQLite.
// A job whose node is in no row has none: its node was buried, or left.
func (n *node) bury(ctx context.Context) (freed int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	err = pgx.BeginFunc(ctx, n.pool, func(tx pgx.Tx) (err error) {
		freed, err = n.buryIn(ctx, tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	if freed > 0 {
		n.logger.WarnContext(ctx, "jobs of a killed process taken up", "count", freed)
	}
	return freed, nil
}

// gravedigger is the number of the advisory lock that lets one node bury at a time.
const gravedigger = 0x6f70656e6b7963

func (n *node) buryIn(ctx context.Context, tx pgx.Tx) (freed int64, err error) {
	var mine bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, gravedigger).Scan(&mine); err != nil || !mine {
		return 0, err
	}
	dead, err := tx.Exec(ctx, `DELETE FROM job_nodes WHERE seen_at < `+clock+` - $1`, lease.Microseconds())
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM job_runs WHERE node NOT IN (SELECT id FROM job_nodes)`); err != nil {
		return 0, err
	}
	if dead.RowsAffected() > 0 { // the upkeep that a dead one led goes on elsewhere
		if _, err := tx.Exec(ctx, `DELETE FROM river_leader WHERE leader_id NOT IN (SELECT id FROM job_nodes)`); err != nil {
			return 0, err
		}
	}
	jobs, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = clock_timestamp(),
			max_attempts = CASE WHEN attempt >= max_attempts THEN attempt + 1 ELSE max_attempts END
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] NOT IN (SELECT id FROM job_nodes)`)
	return jobs.RowsAffected(), err
}

// unsynced lets a statement return before its effect is on disk: which keys were
// at work is of no interest to a server that has just started again.
const unsynced = `WITH setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS v) `

// enter lets one job of a key work at a time, in all processes.
func (n *node) enter(ctx context.Context, kind, key string, run int64) (bool, error) {
	tag, err := n.pool.Exec(ctx, unsynced+`INSERT INTO job_runs (kind, key, node, run)
		SELECT $1, $2, $3, $4::bigint FROM setting ON CONFLICT (kind, key) DO NOTHING`, kind, key, n.id, run)
	return tag.RowsAffected() == 1, err
}

// exit lets the next job of a key in. A row that stays would keep the key closed
// while this node lives, so when that fails it is tried on and on.
func (n *node) exit(ctx context.Context, kind, key string, run int64) {
	try := func() bool {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beat)
		defer cancel()
		_, err := n.pool.Exec(ctx, unsynced+`DELETE FROM job_runs USING setting
			WHERE kind = $1 AND key = $2 AND node = $3 AND run = $4 AND setting.v = 'off'`, kind, key, n.id, run)
		if err != nil {
			n.logger.WarnContext(ctx, "queue: a key could not be left", "job", kind, "error", err)
		}
		return err == nil
	}
	if try() {
		return
	}
	go func() { // ends with the node, whose rows all go then
		for {
			select {
			case <-n.alive.Done():
				return
			case <-time.After(beat):
			}
			if try() {
				return
			}
		}
	}()
}
