package app

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/observe"
	"github.com/openkyc/openkyc/internal/privacy"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/verify"
	"github.com/openkyc/openkyc/internal/webhook"
)

// known is what the wrappers below and the doors will count.
func known() observe.Known {
	k := observe.Known{Models: slices.Concat(document.Roles(), face.Roles()),
		Stages:  []string{"decode", "document", "address", "selfie", "liveness", "match", "store_write", "store_read", "blob_put", "blob_get", "blob_delete"},
		Jobs:    []string{verify.JobCheck, verify.JobExpire, privacy.JobSweep, webhook.JobReplay, webhook.JobWatch, webhook.JobLetter, jobPrune},
		Origins: []string{string(kyc.OriginWidget), string(kyc.OriginProcess)}}
	for _, kind := range kyc.Kinds() {
		k.Kinds = append(k.Kinds, string(kind))
	}
	for _, status := range kyc.Statuses() {
		if status.Final() {
			k.Statuses = append(k.Statuses, string(status))
		}
	}
	return k
}

// The wrappers here put the observer between rooms, so that no room knows it.

// measuredStore measures units of work.
type measuredStore struct {
	*store.Store
	o *observe.Observer
}

func (s measuredStore) Do(ctx context.Context, work func(tx kyc.Tx) error) error {
	return s.measure(ctx, "store_write", s.Store.Do, work)
}

func (s measuredStore) View(ctx context.Context, work func(tx kyc.Tx) error) error {
	return s.measure(ctx, "store_read", s.Store.View, work)
}

// measure counts as faults only what is ours: most errors of a unit are answers.
func (s measuredStore) measure(ctx context.Context, stage string, unit func(context.Context, func(kyc.Tx) error) error, work func(kyc.Tx) error) error {
	begin := time.Now()
	err := unit(ctx, work)
	s.o.Took(stage, time.Since(begin), ours(err))
	return err
}

// ours keeps an error only when it is our fault.
func ours(err error) error {
	if err != nil && kyc.KindOf(err) == kyc.Internal {
		return err
	}
	return nil
}

// measuredBlobs measures the store of pictures.
type measuredBlobs struct {
	verify.Blobs
	o *observe.Observer
}

func (b measuredBlobs) Put(ctx context.Context, key string, data []byte) error {
	begin := time.Now()
	err := b.Blobs.Put(ctx, key, data)
	b.o.Took("blob_put", time.Since(begin), ours(err))
	return err
}

func (b measuredBlobs) Get(ctx context.Context, key string) ([]byte, error) {
	begin := time.Now()
	data, err := b.Blobs.Get(ctx, key)
	b.o.Took("blob_get", time.Since(begin), ours(err))
	return data, err
}

func (b measuredBlobs) Delete(ctx context.Context, key string) error {
	begin := time.Now()
	err := b.Blobs.Delete(ctx, key)
	b.o.Took("blob_delete", time.Since(begin), ours(err))
	return err
}

// measuredDocuments and measuredFaces measure the checks.
type measuredDocuments struct {
	*document.Room
	o *observe.Observer
}

func (d measuredDocuments) Check(ctx context.Context, in kyc.DocumentInput) (f *kyc.Finding, err error) {
	ctx, done := d.o.Stage(ctx, "document")
	defer func() { done(err) }()
	return d.Room.Check(ctx, in)
}

func (d measuredDocuments) CheckAddress(ctx context.Context, in kyc.AddressInput) (f *kyc.Finding, err error) {
	ctx, done := d.o.Stage(ctx, "address")
	defer func() { done(err) }()
	return d.Room.CheckAddress(ctx, in)
}

type measuredFaces struct {
	*face.Room
	o *observe.Observer
}

func (m measuredFaces) Selfie(ctx context.Context, in kyc.SelfieInput) (f *kyc.Finding, err error) {
	ctx, done := m.o.Stage(ctx, "selfie")
	defer func() { done(err) }()
	return m.Room.Selfie(ctx, in)
}

func (m measuredFaces) Liveness(ctx context.Context, in kyc.LivenessInput) (f *kyc.Finding, err error) {
	ctx, done := m.o.Stage(ctx, "liveness")
	defer func() { done(err) }()
	return m.Room.Liveness(ctx, in)
}

func (m measuredFaces) Match(ctx context.Context, templates []kyc.Template, limit kyc.FaceLimit) (f *kyc.Finding, err error) {
	ctx, done := m.o.Stage(ctx, "match")
	defer func() { done(err) }()
	return m.Room.Match(ctx, templates, limit)
}

// countedVerdicts counts sessions that became final, once they have.
type countedVerdicts struct {
	*webhook.Room
	store *store.Store
	o     *observe.Observer
}

func (c countedVerdicts) Announce(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, session *kyc.Session, body func() ([]byte, error)) error {
	status, origin := string(session.Status), string(session.Origin)
	c.store.AfterCommit(tx, func() { c.o.Verdict(status, origin) })
	return c.Room.Announce(ctx, tx, scenario, session, body)
}

// tracedQueue lets jobs carry the trace that they were inserted in.
type tracedQueue struct {
	*jobs.Queue
	o *observe.Observer
}

func (q tracedQueue) Insert(ctx context.Context, tx kyc.Tx, job kyc.Job) error {
	job.Payload = q.o.Carry(ctx, job.Payload)
	return q.Queue.Insert(ctx, tx, job)
}

// Handle measures every try of a job.
func (q tracedQueue) Handle(kind string, options jobs.Options, handler jobs.Handler) error {
	return q.Queue.Handle(kind, options, func(ctx context.Context, payload []byte, attempt int, last bool) (err error) {
		ctx, payload, done := q.o.Job(ctx, kind, payload, attempt, last)
		defer func() { done(err) }()
		return handler(ctx, payload, attempt, last)
	})
}

// Every measures periodic work, which has no trace that it belongs to.
func (q tracedQueue) Every(kind string, interval time.Duration, work func(ctx context.Context) error) error {
	return q.Queue.Every(kind, interval, func(ctx context.Context) (err error) {
		ctx, _, done := q.o.Job(ctx, kind, nil, 1, true)
		defer func() { done(err) }()
		return work(ctx)
	})
}

// measuredSender measures attempts to deliver.
type measuredSender struct {
	*egress.Client
	o *observe.Observer
}

func (s measuredSender) Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error) {
	ctx, done := s.o.Attempt(ctx, header.Get(client.HeaderWebhookID))
	answer, err := s.Client.Post(ctx, address, header, body)
	if err != nil {
		done(0)
	} else {
		done(answer.Code)
	}
	return answer, err
}

// openings is the room as the person's door sees it: whoever begins will soon
// need the networks.
type openings struct {
	*verify.Room
	warm func()
}

func (s openings) Begin(ctx context.Context, req verify.BeginRequest) (verify.Started, error) {
	started, err := s.Room.Begin(ctx, req)
	if err == nil {
		s.warm()
	}
	return started, err
}

// warm fetches the networks that this node will soon need: one with doors only
// needs those of the live hints, and leaves the others to the workers.
func (a *App) warm() {
	if a.cfg.Role == RoleServe {
		a.runtime.Warm(slices.Concat(document.LookRoles(), face.LookRoles())...)
		return
	}
	a.runtime.Warm()
}

// open is the measured way for a person's files into the installation.
func (a *App) open(ctx context.Context, step kyc.StepType, file []byte) []kyc.Upload {
	a.warm()
	ctx, done := a.observer.Stage(ctx, "decode")
	defer done(nil)
	return a.pictures.Open(ctx, step, file)
}

// decode is the measured way for picture files into the installation. Pictures
// that come in will be looked at, so the networks are fetched meanwhile.
func (a *App) decode(ctx context.Context, file []byte) kyc.Upload {
	a.warm()
	ctx, done := a.observer.Stage(ctx, "decode")
	defer done(nil)
	return a.pictures.Decode(ctx, file)
}
