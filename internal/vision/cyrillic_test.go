package vision

import (
	"encoding/json"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
)

// Reading rendered text back proves the order of the alphabet, as it does for the other recognisers.
func TestRecogniseReadsCyrillic(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextRecogniserRU)
	for _, text := range []string{"АБВГДЕЖЗИЙКЛМН", "ОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "Широкая электрификация южных губерний", "даст мощный толчок подъёму", "12.11.1974", "№ 345-678"} {
		strip := renderText(text, 40, color.Black)
		// As a detector cuts: the network takes broad margins for marks.
		line, err := o.Recognise(t.Context(), RoleTextRecogniserRU, Crop(strip, strip.Rect.Inset(8)))
		if err != nil {
			t.Fatal(err)
		}
		if line.Text != text || line.Confidence < 0.8 {
			t.Errorf("%q read as %q, confidence %.2f", text, line.Text, line.Confidence)
		}
		if middle := (float64(line.Chars[0].Step) + 0.5) * line.Stride; middle > 70 {
			t.Errorf("%q begins %.0f pixels into the line", text, middle)
		}
	}
}

// beside is what the outside party read on the same lines: Debian's tesseract, without its dictionaries.
type beside struct {
	First int64      `json:"firstSeed"`
	Read  [][]string `json:"read"` // by difficulty, then seed
}

const besideFile = "testdata/tesseract-rus.json"

// TestCyrillicBesideTesseract reads synthetic lines of Russian documents at three difficulties beside what Tesseract itself
// read on them, as recorded. Seeds from 1001 on were used for nothing else. OPENKYC_LINES asks for more lines than were
// recorded, which needs the program, and OPENKYC_RECORD writes the record anew:
//
//	OPENKYC_LINES=300 go test -run CyrillicBeside -v ./internal/vision
func TestCyrillicBesideTesseract(t *testing.T) {
	t.Parallel()
	var b beside
	data, err := os.ReadFile(besideFile)
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	n := 0
	if more := os.Getenv("OPENKYC_LINES"); more != "" {
		if n, err = strconv.Atoi(more); err != nil {
			t.Fatal("OPENKYC_LINES is a number of lines")
		}
		b = askTesseract(t, n)
	}
	if err != nil || len(b.Read) != 3 {
		t.Fatalf("no record of what Tesseract read: %v", err)
	}
	o := openOCR(t, RoleTextRecogniserRU)
	for d, read := range b.Read {
		ours, theirs := readings{}, readings{}
		for i, text := range read {
			truth, strip := specimen.RussianLine(b.First+int64(i), specimen.Difficulty(d))
			begin := time.Now()
			line, err := o.Recognise(t.Context(), RoleTextRecogniserRU, strip)
			if err != nil {
				t.Fatal(err)
			}
			ours.took += time.Since(begin)
			ours.add(line.Text, truth)
			theirs.add(text, truth)
		}
		t.Logf("difficulty %d, %d lines from seed %d: ours %s, %.1f ms a line; Tesseract %s",
			d, len(read), b.First, ours, float64(ours.took.Microseconds())/1e3/float64(len(read)), theirs)
		// The same network, prepared in another way: it must not read worse, give or take what chance does to so few lines.
		if ours.exact < theirs.exact-len(read)/10 {
			t.Errorf("difficulty %d: %d of %d lines read exactly, Tesseract itself read %d", d, ours.exact, len(read), theirs.exact)
		}
	}
	if n > 0 && os.Getenv("OPENKYC_RECORD") != "" {
		data, err := json.MarshalIndent(b, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(besideFile, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readings counts whole lines and characters.
type readings struct {
	lines, exact, chars, edits int
	took                       time.Duration
}

func (r *readings) add(got, truth string) {
	edits := runeDistance(strings.TrimSpace(got), truth)
	r.lines, r.chars, r.edits = r.lines+1, r.chars+len([]rune(truth)), r.edits+edits
	if edits == 0 {
		r.exact++
	}
}

func (r readings) String() string {
	return fmt.Sprintf("%.1f %% exact, %.2f %% of characters wrong", 100*float64(r.exact)/float64(r.lines), 100*float64(r.edits)/float64(r.chars))
}

// askTesseract runs the program on lines written as PNG, all of a difficulty in one go.
func askTesseract(t *testing.T, n int) beside {
	t.Helper()
	b := beside{First: 1001}
	dir := t.TempDir()
	for d := specimen.Easy; d <= specimen.Hard; d++ {
		var names []string
		for i := range n {
			_, strip := specimen.RussianLine(b.First+int64(i), d)
			name := filepath.Join(dir, fmt.Sprintf("%d-%d.png", d, i))
			f, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, strip); err != nil {
				t.Fatal(err)
			}
			f.Close()
			names = append(names, name)
		}
		list := filepath.Join(dir, "list.txt")
		if err := os.WriteFile(list, []byte(strings.Join(names, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "tesseract", list, "-", "-l", "rus", "--psm", "13", "--dpi", "300",
			"-c", "load_system_dawg=0", "-c", "load_freq_dawg=0")
		cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
		begin := time.Now()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tesseract with its Russian data is needed for lines that were not recorded: %v", err)
		}
		t.Logf("difficulty %d: Tesseract took %.1f ms a line", d, float64(time.Since(begin).Milliseconds())/float64(n))
		pages := strings.Split(string(out), "\f")
		for i := range names {
			pages[i] = strings.Join(strings.Fields(pages[i]), " ")
		}
		b.Read = append(b.Read, pages[:n])
	}
	return b
}

// runeDistance is Levenshtein's, by characters.
func runeDistance(x, y string) int {
	a, b := []rune(x), []rune(y)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
