package vision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/openkyc/openkyc/models"
)

// maxTensorElements bounds one input: 16 M floats are 64 MB, twice the largest detector pass.
const maxTensorElements = 16 << 20

// source is a card and the folder that its files lie in.
type source struct {
	card     Card
	dir      string
	override bool
}

// resolve picks the default or the operator's replacement for every asked role.
func resolve(cfg Config, manifest models.Manifest) ([]source, error) {
	overrides, err := readOverrides(cfg.Override)
	if err != nil {
		return nil, err
	}
	roles := cfg.Roles
	if roles == nil {
		for _, m := range manifest.Models {
			roles = append(roles, m.Role)
		}
	}
	sources := make([]source, 0, len(roles))
	for i, role := range roles {
		if slices.Contains(roles[:i], role) {
			continue // asked for twice, loaded once
		}
		if card, ok := overrides[role]; ok {
			sources = append(sources, source{card: card, dir: cfg.Override, override: true})
			continue
		}
		model, ok := manifest.Model(role)
		if !ok {
			return nil, fmt.Errorf("there is no model for the role %q: neither shipped nor in the folder of own models", role)
		}
		sources = append(sources, source{card: model.Card, dir: cfg.Dir})
	}
	return sources, nil
}

// readOverrides reads every <role>.card.json of the operator's folder; a missing folder means none.
func readOverrides(dir string) (map[string]Card, error) {
	if dir == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.card.json"))
	if err != nil {
		return nil, fmt.Errorf("own models in %s: %w", dir, err)
	}
	cards := make(map[string]Card, len(paths))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("own model card %s cannot be read: %w", path, err)
		}
		card, err := models.ParseCard(data)
		if err != nil {
			return nil, fmt.Errorf("own model card %s: %w", path, err)
		}
		if filepath.Base(path) != card.Role+".card.json" {
			return nil, fmt.Errorf("own model card %s is for the role %q, so it must be called %s.card.json", path, card.Role, card.Role)
		}
		cards[card.Role] = card
	}
	return cards, nil
}

// escapeGlob keeps brackets in an operator's folder name from being read as a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// load verifies the files and creates the session from the very bytes that were verified.
func (s source) load() (*loaded, error) {
	data, err := readVerified(filepath.Join(s.dir, s.card.File), s.card.SHA256)
	if err != nil {
		return nil, s.explain(err)
	}
	m := &loaded{card: s.card, assets: map[string][]byte{}}
	for _, a := range s.card.Assets {
		if m.assets[a.File], err = readVerified(filepath.Join(s.dir, a.File), a.SHA256); err != nil {
			return nil, s.explain(err)
		}
	}
	if s.override { // a default's card and file were pinned together, and asking loads the network twice
		if err := checkPorts(data, s.card); err != nil {
			return nil, s.explain(err)
		}
	}
	options, err := sessionOptions()
	if err != nil {
		return nil, err
	}
	defer func() { _ = options.Destroy() }()
	m.session, err = ort.NewDynamicAdvancedSessionWithONNXData(data, names(s.card.Input), names(s.card.Output), options)
	if err != nil {
		return nil, s.explain(fmt.Errorf("the runtime does not accept it: %w", err))
	}
	return m, nil
}

func (s source) explain(err error) error {
	if s.override {
		return fmt.Errorf("own model of role %q in %s (repair it, or remove its card to use the default): %w", s.card.Role, s.dir, err)
	}
	return fmt.Errorf("model %q: %w", s.card.Role, err)
}

// checkPorts holds a card against its network: same tensors, all float32.
func checkPorts(data []byte, card Card) error {
	in, out, err := ort.GetInputOutputInfoWithONNXData(data)
	if err != nil {
		return fmt.Errorf("the file is not a usable ONNX network: %w", err)
	}
	if len(in) != len(card.Input) {
		return fmt.Errorf("the network has %d inputs, the card describes %d", len(in), len(card.Input))
	}
	return errors.Join(matchPorts("input", card.Input, in), matchPorts("output", card.Output, out))
}

func matchPorts(kind string, ports []models.Port, have []ort.InputOutputInfo) error {
	for _, port := range ports {
		i := slices.IndexFunc(have, func(h ort.InputOutputInfo) bool { return h.Name == port.Name })
		if i < 0 {
			return fmt.Errorf("the network has no %s %q that the card describes", kind, port.Name)
		}
		if have[i].DataType != ort.TensorElementDataTypeFloat {
			return fmt.Errorf("the %s %q of the network is not float32", kind, port.Name)
		}
	}
	return nil
}

// names lists tensors in the card's order, which is the caller's order.
func names(ports []models.Port) []string {
	list := make([]string, len(ports))
	for i, p := range ports {
		list[i] = p.Name
	}
	return list
}

// sessionOptions gives one thread a session (requests run side by side instead) and no memory pattern, which would keep a
// plan for every input shape ever seen. The arena stays on: on mixed shapes it peaked at 0.33 GB, plain malloc at 0.63 GB.
func sessionOptions() (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("session options: %w", err)
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(1),
		options.SetInterOpNumThreads(1),
		options.SetExecutionMode(ort.ExecutionModeSequential),
		options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
		options.SetCpuMemArena(true),
		options.SetMemPattern(false),
		options.SetLogSeverityLevel(ort.LoggingLevelError),
	)
	if err != nil {
		_ = options.Destroy()
		return nil, fmt.Errorf("session options: %w", err)
	}
	return options, nil
}

// run executes the network once. A context that ends makes the library stop at its next node.
func (m *loaded) run(ctx context.Context, inputs []Tensor) ([]Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(inputs) != len(m.card.Input) {
		return nil, fmt.Errorf("%d inputs given, %d needed", len(inputs), len(m.card.Input))
	}
	values := make([]ort.Value, len(inputs))
	defer destroy(values)
	for i, in := range inputs {
		if err := in.check(); err != nil {
			return nil, fmt.Errorf("input %s: %w", m.card.Input[i].Name, err)
		}
		v, err := ort.NewTensor(in.Shape, in.Data)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", m.card.Input[i].Name, err)
		}
		values[i] = v
	}
	results := make([]ort.Value, len(m.card.Output))
	defer destroy(results)
	if err := m.execute(ctx, values, results); err != nil {
		return nil, err
	}
	return collect(results)
}

func (m *loaded) execute(ctx context.Context, values, results []ort.Value) error {
	if ctx.Done() == nil {
		return m.session.Run(values, results)
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
	err = m.session.RunWithOptions(values, results, options)
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
