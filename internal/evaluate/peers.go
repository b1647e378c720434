package evaluate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tesseract is the peer that everybody has: Debian's tesseract with its English
// model and a whitelist of the zone's characters, on the whole picture. It
// vouches for nothing, so that nothing of it counts as accepted.
type Tesseract struct{ path string }

// FindTesseract looks for the program; the error says that it is not installed.
func FindTesseract() (*Tesseract, error) {
	path, err := exec.LookPath("tesseract")
	if err != nil {
		return nil, errors.New("Tesseract is not installed (Debian: tesseract-ocr), so that it was not measured") //nolint:staticcheck // a name
	}
	return &Tesseract{path}, nil
}

// ReadZone implements Reader.
func (t *Tesseract) ReadZone(ctx context.Context, file []byte) (Zone, error) {
	cmd := exec.CommandContext(ctx, t.path, "stdin", "stdout", "-l", "eng", "--psm", "11", "-c", "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<") //nolint:gosec // found by LookPath
	cmd.Stdin, cmd.Env = strings.NewReader(string(file)), append(os.Environ(), "OMP_THREAD_LIMIT=1")
	out, err := cmd.Output()
	if err != nil {
		return Zone{}, fmt.Errorf("tesseract: %w", err)
	}
	return zoneOfText(string(out)), nil
}

// zoneOfText takes from a page of text the long lines at its end that could be a zone.
func zoneOfText(text string) Zone {
	const shortest, mostLines = 28, 3
	var lines []string
	for line := range strings.Lines(text) {
		if l := tidy(strings.TrimSpace(line)); len(l) >= shortest && strings.Contains(l, "<") {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return Zone{}
	}
	keep := 2
	if len(lines) >= mostLines && len(lines[len(lines)-1]) < 34 {
		keep = mostLines
	}
	lines = lines[max(len(lines)-keep, 0):]
	return Zone{Found: true, Lines: lines, Format: shape(lines)}
}

// MRZDetection is npm's mrz-detection, installed without scripts in a folder of
// its own; it runs in one process of Node.js for all pictures.
type MRZDetection struct {
	dir   string
	cmd   *exec.Cmd
	in    *json.Encoder
	close func() error
	out   *bufio.Scanner
}

// The package writes notes to standard output, which would mix with answers.
const mrzDetectionScript = `
const { createRequire } = require("module"), fs = require("fs");
const require2 = createRequire(process.argv[1] + "/index.js");
const say = (o) => fs.writeSync(1, "ANSWER " + JSON.stringify(o) + "\n");
console.log = console.info = console.debug = () => {};
const { getMrz, readMrz } = require2("mrz-detection"), { Image } = require2("image-js");
const rows = require("readline").createInterface({ input: process.stdin });
(async () => {
  for await (const row of rows) {
    try {
      const image = await Image.load(JSON.parse(row));
      const found = await readMrz(getMrz(image, { debug: false }));
      say({ lines: found.mrz || [] });
    } catch (e) { say({ lines: [], note: String(e && e.message || e).slice(0, 200) }); }
  }
})();`

// StartMRZDetection starts it; dir holds node_modules/mrz-detection.
func StartMRZDetection(ctx context.Context, dir string) (*MRZDetection, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "mrz-detection")); err != nil {
		return nil, errors.New("npm mrz-detection is not installed, so that it was not measured")
	}
	cmd := exec.CommandContext(ctx, "node", "-e", mrzDetectionScript, dir) //nolint:gosec // our own script
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Node.js: %w", err)
	}
	return &MRZDetection{dir: dir, cmd: cmd, in: json.NewEncoder(stdin), close: stdin.Close, out: bufio.NewScanner(stdout)}, nil
}

// ReadZone implements Reader; one picture at a time.
func (m *MRZDetection) ReadZone(_ context.Context, file []byte) (Zone, error) {
	temp, err := os.CreateTemp("", "peer-*.jpg")
	if err != nil {
		return Zone{}, err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(file); err != nil {
		return Zone{}, errors.Join(err, temp.Close())
	}
	if err := errors.Join(temp.Close(), m.in.Encode(temp.Name())); err != nil {
		return Zone{}, fmt.Errorf("ask mrz-detection: %w", err)
	}
	for m.out.Scan() {
		text, ok := strings.CutPrefix(m.out.Text(), "ANSWER ")
		if !ok {
			continue
		}
		var answer struct {
			Lines []string `json:"lines"`
			Note  string   `json:"note"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			return Zone{}, fmt.Errorf("mrz-detection answered: %w", err)
		}
		return Zone{Found: len(answer.Lines) > 0, Lines: answer.Lines, Format: shape(answer.Lines), Note: answer.Note}, nil
	}
	return Zone{}, errors.New("mrz-detection has ended")
}

// Close ends the process.
func (m *MRZDetection) Close() error { return errors.Join(m.close(), m.cmd.Wait()) }
