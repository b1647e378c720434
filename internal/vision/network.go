package vision

import (
	"context"
	"fmt"
	"sync"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

// network is a model that was verified at start. Its session, which holds nearly all the memory, exists only while somebody
// needs it or needed it lately.
type network struct {
	source source
	assets map[string][]byte // further files of the card

	mu      sync.Mutex // held while the session is made, so that those who come meanwhile wait for the same one
	session *ort.DynamicAdvancedSession
	users   int
	used    time.Time // when the last user left
}

// borrow returns the session and makes it when there is none; fresh tells that, and how long it took. Every borrow needs a giveBack.
func (n *network) borrow() (session *ort.DynamicAdvancedSession, fresh time.Duration, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.session == nil {
		begin := time.Now()
		if n.session, err = n.source.open(); err != nil {
			n.session = nil
			return nil, 0, err
		}
		fresh = max(time.Since(begin), 1)
	}
	n.users++
	return n.session, fresh, nil
}

func (n *network) giveBack() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.users--
	n.used = time.Now()
}

// rest frees the session when nobody has used it since that time. left tells that one is still there, and since when it is idle.
func (n *network) rest(since time.Time) (freed, left bool, used time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.session == nil:
		return false, false, time.Time{}
	case n.users > 0:
		return false, true, time.Now()
	case n.used.After(since):
		return false, true, n.used
	}
	_ = n.session.Destroy()
	n.session = nil
	return true, false, time.Time{}
}

// close frees the session; nobody may be using it.
func (n *network) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.session == nil {
		return nil
	}
	defer func() { n.session = nil }()
	return n.session.Destroy()
}

// run executes the network once. A context that ends makes the library stop at its next node.
func (n *network) run(ctx context.Context, session *ort.DynamicAdvancedSession, inputs []Tensor) ([]Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(inputs) != len(n.source.card.Input) {
		return nil, fmt.Errorf("%d inputs given, %d needed", len(inputs), len(n.source.card.Input))
	}
	values := make([]ort.Value, len(inputs))
	defer destroy(values)
	for i, in := range inputs {
		if err := in.check(); err != nil {
			return nil, fmt.Errorf("input %s: %w", n.source.card.Input[i].Name, err)
		}
		v, err := ort.NewTensor(in.Shape, in.Data)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", n.source.card.Input[i].Name, err)
		}
		values[i] = v
	}
	results := make([]ort.Value, len(n.source.card.Output))
	defer destroy(results)
	if err := execute(ctx, session, values, results); err != nil {
		return nil, err
	}
	return collect(results)
}

func execute(ctx context.Context, session *ort.DynamicAdvancedSession, values, results []ort.Value) error {
	if ctx.Done() == nil {
		return session.Run(values, results)
	}
	options, err := ort.NewRunOptions()
	if err != nil {
		return err
	}
	defer func() { _ = options.Destroy() }()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = options.Terminate()
	})
	err = session.RunWithOptions(values, results, options)
	if !stop() {
		<-stopped // Terminate must not touch options after Destroy
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// check refuses a tensor whose data does not fit its shape before the library reads beyond it.
func (t Tensor) check() error {
	n := int64(1)
	for _, d := range t.Shape {
		if d <= 0 || d > maxTensorElements {
			return fmt.Errorf("shape %v has a dimension out of range", t.Shape)
		}
		if n *= d; n > maxTensorElements {
			return fmt.Errorf("shape %v is over the limit of %d elements", t.Shape, maxTensorElements)
		}
	}
	if n != int64(len(t.Data)) {
		return fmt.Errorf("shape %v needs %d elements, %d given", t.Shape, n, len(t.Data))
	}
	return nil
}

// collect takes the outputs over; the library has already copied them into Go memory.
func collect(results []ort.Value) ([]Tensor, error) {
	out := make([]Tensor, len(results))
	for i, v := range results {
		t, ok := v.(*ort.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("output %d is not a float32 tensor", i)
		}
		out[i] = Tensor{Shape: t.GetShape().Clone(), Data: t.GetData()}
	}
	return out, nil
}

func destroy(values []ort.Value) {
	for _, v := range values {
		if v != nil {
			_ = v.Destroy()
		}
	}
}
