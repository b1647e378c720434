package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	newsChannel = "openkyc" // of PostgreSQL's NOTIFY, which knows only its own database
	outbox      = 4096      // news that wait to be sent; beyond it everybody is told to look again
	sendPause   = 2 * time.Millisecond
	listenPing  = 20 * time.Second // how soon a connection that broke in silence is noticed
	listenPause = 500 * time.Millisecond
)

// message is what travels. A message without a topic means: some were lost.
type message struct {
	From    string `json:"n"` // the sender, which has told its own subscribers already
	Topic   string `json:"t,omitempty"`
	Payload string `json:"p,omitempty"`
}

// wire carries news between the processes by NOTIFY. It sends after the commit
// and many at once: a transaction that notifies holds a lock over the whole
// server while it commits, so that notifying ones commit one after another.
type wire struct {
	pool   *pgxpool.Pool
	logger *slog.Logger
	tell   func(topic, payload string)
	lost   func()
	name   string

	ctx       context.Context // ends with close
	cancel    context.CancelFunc
	done      sync.WaitGroup
	sending   sync.Once
	listening sync.Once

	mu      sync.Mutex
	waiting map[message]bool
	flooded bool
	signal  chan struct{}
}

func newWire(pool *pgxpool.Pool, logger *slog.Logger, tell func(topic, payload string), lost func()) *wire {
	w := &wire{pool: pool, logger: logger, tell: tell, lost: lost, name: rand.Text(),
		waiting: map[message]bool{}, signal: make(chan struct{}, 1)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// send never waits: it leaves the message for the sending goroutine, once if it
// is there already.
func (w *wire) send(m message) {
	if w.ctx.Err() != nil {
		return
	}
	m.From = w.name
	w.mu.Lock()
	if len(w.waiting) < outbox {
		w.waiting[m] = true
	} else {
		w.flooded = true
	}
	w.mu.Unlock()
	w.sending.Do(func() { w.done.Go(w.sendAll) })
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

func (w *wire) sendAll() {
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.signal:
		}
		if err := w.flush(); err != nil && w.ctx.Err() == nil {
			w.logger.Warn("news not sent", "error", err)
		}
		select { // gather what comes meanwhile
		case <-w.ctx.Done():
			return
		case <-time.After(sendPause):
		}
	}
}

// flush sends what waits. What cannot be sent is lost: it was a hint.
func (w *wire) flush() error {
	w.mu.Lock()
	batch := w.waiting
	w.waiting = map[message]bool{}
	if w.flooded {
		w.flooded = false
		batch[message{From: w.name}] = true
	}
	w.mu.Unlock()
	texts := make([]string, 0, len(batch))
	for m := range batch {
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
	}
	ctx, cancel := context.WithTimeout(w.ctx, connectTimeout)
	defer cancel()
	_, err := w.pool.Exec(ctx, `SELECT pg_notify($1, t) FROM unnest($2::text[]) AS t`, newsChannel, texts)
	return err
}

// listen begins to hear the others, with the first subscriber.
func (w *wire) listen() {
	if w.ctx.Err() != nil {
		return
	}
	w.listening.Do(func() { w.done.Go(w.hearAll) })
}

func (w *wire) hearAll() {
	for w.ctx.Err() == nil {
		err := w.hear()
		if w.ctx.Err() != nil {
			return
		}
		w.logger.Warn("news from other processes are interrupted", "error", err)
		select {
		case <-w.ctx.Done():
		case <-time.After(listenPause):
		}
	}
}

// hear listens on a connection of its own until that breaks. What was said
// before it listened nobody heard, so it begins by telling everybody to look.
func (w *wire) hear() error {
	config := w.pool.Config().ConnConfig
	conn, err := pgx.ConnectConfig(w.ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(w.ctx, `LISTEN `+newsChannel); err != nil {
		return err
	}
	w.lost()
	for {
		waiting, cancel := context.WithTimeout(w.ctx, listenPing)
		heard, err := conn.WaitForNotification(waiting)
		quiet := waiting.Err() != nil && w.ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			w.take(heard.Payload)
		case quiet: // a wait that ran out leaves the connection as it was
			if err := w.ping(conn); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (w *wire) ping(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(w.ctx, connectTimeout)
	defer cancel()
	return conn.Ping(ctx)
}

func (w *wire) take(text string) {
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.From == w.name {
		return // our own, told already, or not ours at all
	}
	if m.Topic == "" {
		w.lost()
		return
	}
	w.tell(m.Topic, m.Payload)
}

func (w *wire) close() {
	w.cancel()
	w.done.Wait()
}
