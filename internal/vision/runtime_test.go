package vision

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/models"
)

const roleEN4 = "text-recogniser"

// builtModels is the folder of real models; without it a test fails with the sentence that says what to type.
func builtModels(tb testing.TB) string {
	tb.Helper()
	dir, err := Locate()
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

// openRoles opens a Runtime with just these roles and closes it at the end of the test.
func openRoles(tb testing.TB, roles ...string) *Runtime {
	tb.Helper()
	r, err := Open(Config{Dir: builtModels(tb), Roles: roles})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// copyOf makes a models folder of its own that a test may damage; the library is linked, not copied.
func copyOf(t *testing.T, roles ...string) string {
	t.Helper()
	from, to := builtModels(t), t.TempDir()
	if err := os.Symlink(filepath.Join(from, LibraryFile), filepath.Join(to, LibraryFile)); err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		for _, name := range []string{role + ".onnx", role + ".card.json"} {
			data, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				t.Fatalf("%v: run `make models`", err)
			}
			if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return to
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

func strip(width int) Tensor {
	return Tensor{Shape: []int64{1, 3, 48, int64(width)}, Data: make([]float32, 3*48*width)}
}

func TestRunGivesOneRowOfProbabilitiesAStep(t *testing.T) {
	t.Parallel()
	r := openRoles(t, roleEN4)
	for _, width := range []int{64, 320, 128} {
		out, err := r.Run(t.Context(), roleEN4, strip(width))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int64{1, int64(width / 8), 97}, out[0].Shape); diff != "" {
			t.Errorf("width %d: %s", width, diff)
		}
		var sum float32
		for _, p := range out[0].Data[:97] {
			sum += p
		}
		if sum < 0.999 || sum > 1.001 {
			t.Errorf("width %d: the first step's probabilities add up to %f", width, sum)
		}
	}
}

func TestRunRefusesBadInput(t *testing.T) {
	t.Parallel()
	r := openRoles(t, roleEN4)
	bad := map[string][]Tensor{
		"no input":       nil,
		"two inputs":     {strip(64), strip(64)},
		"too little":     {{Shape: []int64{1, 3, 48, 64}, Data: make([]float32, 7)}},
		"negative":       {{Shape: []int64{1, -3, 48, 64}, Data: nil}},
		"overflow":       {{Shape: []int64{1 << 20, 1 << 22, 1 << 22}, Data: nil}},
		"wrong rank":     {{Shape: []int64{3}, Data: make([]float32, 3)}},
		"wrong channels": {{Shape: []int64{1, 4, 48, 64}, Data: make([]float32, 4*48*64)}},
	}
	for name, inputs := range bad {
		if _, err := r.Run(t.Context(), roleEN4, inputs...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := r.Run(t.Context(), "no-such-role", strip(64)); err == nil {
		t.Error("an unknown role was run")
	}
	if _, err := r.Run(t.Context(), roleEN4, strip(64)); err != nil {
		t.Errorf("a good input after bad ones: %v", err)
	}
}

func TestRunSideBySideAndClose(t *testing.T) {
	t.Parallel()
	r, err := Open(Config{Dir: builtModels(t), Roles: []string{roleEN4}, Concurrency: 2})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := r.Run(t.Context(), roleEN4, strip(64+64*(i%3))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err = r.Run(context.Background(), roleEN4, strip(64))
	wantError(t, err, "closed")
}

func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	r := openRoles(t, roleEN4)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := r.Run(ctx, roleEN4, strip(48_000)) // takes seconds when left alone
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline's", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("stopped only after %v", took)
	}
}

func TestRunWaitsForASlotOnlyAsLongAsItsContext(t *testing.T) {
	t.Parallel()
	r := openRoles(t, roleEN4)
	done, err := r.turns.take(t.Context(), r.turns.most)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = r.Run(ctx, roleEN4, strip(64))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline's", err)
	}
	done()
}

func TestOpenFailsClosed(t *testing.T) {
	t.Parallel()
	alter := func(t *testing.T, path string) {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.Remove(path); err != nil { // the library is a link to the real one
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(t *testing.T, path string) {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name, file, says string
		harm             func(*testing.T, string)
	}{
		{"one bit of a model", roleEN4 + ".onnx", "altered", alter},
		{"model gone", roleEN4 + ".onnx", "missing", remove},
		{"one bit of the library", LibraryFile, "altered", alter},
		{"library gone", LibraryFile, "missing", remove},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, roleEN4)
			c.harm(t, filepath.Join(dir, c.file))
			r, err := Open(Config{Dir: dir, Roles: []string{roleEN4}})
			if r != nil {
				t.Error("a runtime came out")
			}
			wantError(t, err, filepath.Join(dir, c.file), c.says, "make models")
		})
	}
	t.Run("unknown role", func(t *testing.T) {
		t.Parallel()
		_, err := Open(Config{Dir: builtModels(t), Roles: []string{"crystal-ball"}})
		wantError(t, err, "crystal-ball")
	})
}

// writeOverride puts a card for role into a fresh data folder, with the bytes of another shipped model as its file.
func writeOverride(t *testing.T, role, like string, edit func(*Card)) string {
	t.Helper()
	manifest, err := models.Load()
	if err != nil {
		t.Fatal(err)
	}
	m, ok := manifest.Model(like)
	if !ok {
		t.Fatalf("no shipped model %q", like)
	}
	data, err := os.ReadFile(filepath.Join(builtModels(t), m.File))
	if err != nil {
		t.Fatal(err)
	}
	card := m.Card
	card.Role, card.File, card.Title = role, "mine.onnx", "A model of our own"
	if edit != nil {
		edit(&card)
	}
	text, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "models [own]") // brackets: a folder name is not a pattern
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"mine.onnx": data, role + ".card.json": text} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOperatorsModelReplacesTheDefault(t *testing.T) {
	t.Parallel()
	dir := writeOverride(t, roleEN4, "text-recogniser-v3", nil)
	r, err := Open(Config{Dir: builtModels(t), Override: dir, Roles: []string{roleEN4}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	card, err := r.Card(roleEN4)
	if err != nil || card.Title != "A model of our own" {
		t.Errorf("card %q, %v", card.Title, err)
	}
	if got := r.Versions()[roleEN4]; got != card.SHA256[:12] {
		t.Errorf("version %q is not the own model's", got)
	}
	if _, err := r.Run(t.Context(), roleEN4, strip(64)); err != nil {
		t.Error(err)
	}
}

func TestOperatorsModelIsHeldAgainstItsCard(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit func(*Card)
		says string
	}{
		"hash":   {func(c *Card) { c.SHA256 = strings.Repeat("0", 64) }, "altered"},
		"ports":  {func(c *Card) { c.Input[0].Name = "picture" }, `"picture"`},
		"file":   {func(c *Card) { c.File = "elsewhere.onnx" }, "missing"},
		"folder": {func(c *Card) { c.File = "../mine.onnx" }, "plain file name"},
		"role":   {func(c *Card) { c.Role = "other" }, "other.card.json"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			role := roleEN4
			dir := writeOverride(t, role, "text-recogniser-v3", func(card *Card) {
				card.Input = append([]models.Port(nil), card.Input...)
				c.edit(card)
			})
			_, err := Open(Config{Dir: builtModels(t), Override: dir, Roles: []string{role}})
			wantError(t, err, c.says, dir)
		})
	}
}

// A default's card is trusted at start, so here every shipped card is held against its network.
func TestShippedCardsDescribeTheirNetworks(t *testing.T) {
	t.Parallel()
	dir := builtModels(t)
	r := openRoles(t) // every role: the files are those of the manifest
	for role, m := range r.networks {
		data, err := os.ReadFile(filepath.Join(dir, m.source.card.File))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkPorts(data, m.source.card); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestSeveralRuntimesShareOneLibrary(t *testing.T) {
	t.Parallel()
	for range 3 {
		a, b := openRoles(t, roleEN4), openRoles(t, roleEN4)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Run(t.Context(), roleEN4, strip(64)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLocateSaysWhatToDo(t *testing.T) { // not parallel: changes the working directory
	t.Chdir(t.TempDir())
	_, err := Locate()
	wantError(t, err, "make models")
}

// BenchmarkOpen is what the start pays; BenchmarkLoad is what the first use pays, or Warm does before it.
func BenchmarkOpen(b *testing.B) {
	dir := builtModels(b)
	for b.Loop() {
		r, err := Open(Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := builtModels(b)
	for b.Loop() {
		b.StopTimer()
		r, err := Open(Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := r.Load(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// A network of two threads waits until both are free, and those behind it wait too.
func TestTurnsAreThreads(t *testing.T) {
	t.Parallel()
	turns := newTurns(2)
	one, err := turns.take(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := turns.take(short, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("two threads of one: %v", err)
	}
	one()
	both, err := turns.take(t.Context(), 5) // more than there are: all
	if err != nil {
		t.Fatal(err)
	}
	defer both()
	ended, stop := context.WithCancelCause(t.Context())
	stop(errors.New("the caller left"))
	if _, err := turns.take(ended, 1); err == nil || err.Error() != "the caller left" {
		t.Errorf("error %v, want the cause", err)
	}
}
