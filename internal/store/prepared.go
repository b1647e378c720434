package store

import (
	linked "container/list"
	"context"
	"database/sql"
	"sync"
	"time"
)

// Limits of what is kept ready. Longer texts are lists of many ids, of which
// hardly one is like another.
const (
	preparedTexts  = 128
	preparedLength = 4096
	preparedGrace  = time.Minute
)

// prepared keeps the statements that a SQLite pool ran last ready to run again:
// reading the text and planning take longer than finding a row. PostgreSQL's
// driver does the like by itself, so there it is nil.
type prepared struct {
	db *sql.DB

	mu     sync.Mutex
	order  *linked.List // of *statement, the latest used in front
	byText map[string]*linked.Element
}

// statement is a text that was run; ready is nil until it was run twice.
type statement struct {
	text  string
	ready *sql.Stmt
}

func newPrepared(db *sql.DB) *prepared {
	return &prepared{db: db, order: linked.New(), byText: map[string]*linked.Element{}}
}

// get returns the ready statement, or nil when the text must be run as it is.
// again tells that it was run before, so that it is worth preparing.
func (p *prepared) get(text string) (ready *sql.Stmt, again bool) {
	if p == nil || len(text) > preparedLength {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.byText[text]; ok {
		p.order.MoveToFront(found)
		return found.Value.(*statement).ready, true
	}
	p.byText[text] = p.order.PushFront(&statement{text: text})
	if p.order.Len() > preparedTexts {
		last := p.order.Remove(p.order.Back()).(*statement)
		delete(p.byText, last.text)
		if last.ready != nil { // whoever has just been given it has run it by then
			time.AfterFunc(preparedGrace, func() { _ = last.ready.Close() })
		}
	}
	return nil, false
}

// prepare makes texts ready, after their unit of work: it needs a connection,
// and a pool may have only the one. What does not work out is run as before.
func (p *prepared) prepare(ctx context.Context, texts []string) {
	for _, text := range texts {
		stmt, err := p.db.PrepareContext(ctx, text)
		if err != nil {
			continue
		}
		p.mu.Lock()
		found, ok := p.byText[text]
		if ok && found.Value.(*statement).ready == nil {
			found.Value.(*statement).ready, stmt = stmt, nil
		}
		p.mu.Unlock()
		if stmt != nil {
			_ = stmt.Close()
		}
	}
}

// close gives all statements back.
func (p *prepared) close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for text, found := range p.byText {
		if ready := found.Value.(*statement).ready; ready != nil {
			_ = ready.Close()
		}
		delete(p.byText, text)
	}
	p.order.Init()
}

// QueryContext runs a reading statement, ready if it can be.
func (u *unit) QueryContext(ctx context.Context, query string, a ...any) (*sql.Rows, error) {
	ctx = u.watched(ctx)
	if ready := u.statement(query); ready != nil {
		return u.StmtContext(ctx, ready).QueryContext(ctx, a...) //nolint:rowserrcheck,sqlclosecheck // the caller's; the transaction closes its statements
	}
	return u.Tx.QueryContext(ctx, query, a...)
}

// QueryRowContext runs a statement that answers with one row.
func (u *unit) QueryRowContext(ctx context.Context, query string, a ...any) *sql.Row {
	ctx = u.watched(ctx)
	if ready := u.statement(query); ready != nil {
		return u.StmtContext(ctx, ready).QueryRowContext(ctx, a...) //nolint:sqlclosecheck // the transaction closes its statements
	}
	return u.Tx.QueryRowContext(ctx, query, a...)
}

// ExecContext runs a writing statement.
func (u *unit) ExecContext(ctx context.Context, query string, a ...any) (sql.Result, error) {
	ctx = u.watched(ctx)
	if ready := u.statement(query); ready != nil {
		return u.StmtContext(ctx, ready).ExecContext(ctx, a...) //nolint:sqlclosecheck // the transaction closes its statements
	}
	return u.Tx.ExecContext(ctx, query, a...)
}

// alone runs a reading statement that answers with one row and needs no unit of
// work around it: on PostgreSQL that is one journey instead of three.
func (s *Store) alone(ctx context.Context, query string, a ...any) *sql.Row {
	p := s.ready.reader
	ready, again := p.get(query)
	if ready == nil && again {
		p.prepare(context.WithoutCancel(ctx), []string{query})
		ready, _ = p.get(query)
	}
	if ready != nil {
		return ready.QueryRowContext(context.WithoutCancel(ctx), a...)
	}
	return s.reader.QueryRowContext(ctx, query, a...)
}

// watched is the context of a statement: without an end where nobody looks out for it.
func (u *unit) watched(ctx context.Context) context.Context {
	if u.brief {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (u *unit) statement(text string) *sql.Stmt {
	ready, again := u.prepared.get(text)
	if ready == nil && again {
		u.repeated = append(u.repeated, text)
	}
	return ready
}
