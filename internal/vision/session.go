package vision

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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

// check verifies all files of the model and keeps the small ones.
func (s source) check() (*network, error) {
	n := &network{source: s, assets: map[string][]byte{}}
	for _, a := range s.card.Assets {
		data, err := readVerified(filepath.Join(s.dir, a.File), a.SHA256)
		if err != nil {
			return nil, s.explain(err)
		}
		n.assets[a.File] = data
	}
	if err := verify(s.path(), s.card.SHA256); err != nil {
		return nil, s.explain(err)
	}
	return n, nil
}

// path of the network itself.
func (s source) path() string { return filepath.Join(s.dir, s.card.File) }

// try holds an operator's network against its card and makes a session of it. A default needs no trial: its card and its file
// were pinned together.
func (s source) try() error {
	data, err := readVerified(s.path(), s.card.SHA256)
	if err != nil {
		return s.explain(err)
	}
	if err := checkPorts(data, s.card); err != nil {
		return s.explain(err)
	}
	session, err := s.session(data)
	if err != nil {
		return s.explain(err)
	}
	return session.Destroy()
}

// open creates the session from the very bytes that it verifies, so that a file which was altered since the start is refused.
func (s source) open() (*ort.DynamicAdvancedSession, error) {
	data, err := readVerified(s.path(), s.card.SHA256)
	if err != nil {
		return nil, s.explain(err)
	}
	session, err := s.session(data)
	if err != nil {
		return nil, s.explain(err)
	}
	return session, nil
}

func (s source) session(data []byte) (*ort.DynamicAdvancedSession, error) {
	options, err := sessionOptions(s.threads())
	if err != nil {
		return nil, err
	}
	defer func() { _ = options.Destroy() }()
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(data, names(s.card.Input), names(s.card.Output), options)
	if err != nil {
		return nil, fmt.Errorf("the runtime does not accept it: %w", err)
	}
	return session, nil
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

// threads is how many run a network: one, since requests and the lines of a page run side by side instead. But nothing of a
// picture can be read before its text is found, and the detector takes 0.62 s by one thread and 0.39 s by two.
func (s source) threads() int {
	if s.card.Role == RoleTextDetector {
		return min(2, runtime.GOMAXPROCS(0))
	}
	return 1
}

// sessionOptions lets idle threads sleep instead of spin, and has no memory pattern, which would keep a
// plan for every input shape ever seen. The arena stays on: on mixed shapes it peaked at 0.33 GB, plain malloc at 0.63 GB.
func sessionOptions(threads int) (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("session options: %w", err)
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(threads),
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
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
