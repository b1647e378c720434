package evaluate

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Zone is what a Reader makes of one picture.
type Zone struct {
	Found    bool // something is there that the reader takes for a zone
	Accepted bool // and it vouches for every character
	Lines    []string
	Format   string
	Doubts   [][2]int // line and place of the characters that it does not vouch for, from 0
	Strips   []image.Image
	Whole    image.Image // the picture as it was read, for the page; may be nil
	Note     string      // why nothing came out, when the reader can tell
}

// Reader reads the zone of one JPEG or PNG file. An error means that the reader
// failed; a picture without a zone is an answer.
type Reader interface {
	ReadZone(ctx context.Context, file []byte) (Zone, error)
}

// Options of a run.
type Options struct {
	Truth    []Specimen
	Dir      string // of the pictures
	Jobs     int    // pictures read at one time; 0 is one
	Patience time.Duration
	Progress func(done, all int) // called after each picture, never twice at one time; may be nil
}

// Result is one picture's.
type Result struct {
	Specimen
	Zone

	Took  time.Duration
	Edits int // characters to change, add or drop to make the reading the truth
	Fault string
}

// Exact tells that what was read is what is printed.
func (r *Result) Exact() bool {
	return r.Found && len(r.Specimen.Lines) > 0 && joined(r.Zone.Lines) == joined(r.Specimen.Lines)
}

// WronglyAccepted tells that the reader vouched for something that is not printed there.
func (r *Result) WronglyAccepted() bool { return r.Accepted && !r.Exact() }

// Missed tells that the picture has a zone and it was not read as printed, or
// has none and one was found.
func (r *Result) Missed() bool {
	if len(r.Specimen.Lines) == 0 {
		return r.Found
	}
	return !r.Exact()
}

func joined(lines []string) string { return strings.Join(lines, "\n") }

const (
	defaultPatience = 10 * time.Minute // a busy machine is no fault of the picture
	maxFile         = 64 << 20         // bytes of one picture
)

// Run reads every picture of the truth. It fails when the folder has none of
// them, and when ctx ends; whatever is wrong with one picture is its Fault.
func Run(ctx context.Context, reader Reader, o Options) (*Report, error) {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	files, err := locate(o)
	if err != nil {
		return nil, err
	}
	begun, results := time.Now(), make([]Result, len(o.Truth))
	if err := Each(ctx, len(results), o.Jobs, o.Progress, func(i int) {
		results[i] = one(ctx, reader, o.Truth[i], files[i], o.Patience)
	}); err != nil {
		return nil, fmt.Errorf("measuring was interrupted: %w", err)
	}
	return &Report{Results: results, Jobs: max(o.Jobs, 1), Took: time.Since(begun), PeakMemory: peakMemory()}, nil
}

// locate finds every file of the truth; "" stands for one that is not there.
func locate(o Options) ([]string, error) {
	entries, err := os.ReadDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of pictures: %w", err)
	}
	byName := map[string]string{}
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		byName[name] = e.Name()
		bare := strings.TrimSuffix(name, filepath.Ext(name))
		if _, taken := byName[bare]; !taken {
			byName[bare] = e.Name()
		}
	}
	files, found := make([]string, len(o.Truth)), 0
	for i, s := range o.Truth {
		name := filepath.FromSlash(strings.ReplaceAll(s.File, `\`, "/"))
		path := filepath.Join(o.Dir, filepath.Clean("/"+name)) // a truth file names pictures below the folder only
		if _, err := os.Stat(path); err != nil {
			if path = ""; byName[strings.ToLower(filepath.Base(name))] != "" {
				path = filepath.Join(o.Dir, byName[strings.ToLower(filepath.Base(name))])
			}
		}
		if files[i] = path; path != "" {
			found++
		}
	}
	if found == 0 {
		return nil, fmt.Errorf("none of the %d pictures that the truth file names is in %s; the first is %q", len(o.Truth), o.Dir, o.Truth[0].File)
	}
	return files, nil
}

// one reads a picture and survives whatever it does to the reader.
func one(ctx context.Context, reader Reader, s Specimen, path string, patience time.Duration) (r Result) {
	r.Specimen = s
	begun := time.Now()
	defer func() {
		if p := recover(); p != nil {
			r.Zone, r.Fault = Zone{}, fmt.Sprintf("the reader broke down: %v", p)
		}
		r.Took = time.Since(begun)
		r.Edits = distance(joined(r.Zone.Lines), joined(s.Lines))
		if !r.Found {
			r.Edits = len(strings.Join(s.Lines, ""))
		}
		if !r.Missed() { // nobody will look at it, and a thousand pictures fill the memory
			r.Zone.Strips, r.Zone.Whole = nil, nil
		}
	}()
	file, err := load(path)
	if err != nil {
		r.Fault = err.Error()
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if r.Zone, err = reader.ReadZone(ctx, file); err != nil {
		r.Zone, r.Fault = Zone{}, "the reader failed: "+err.Error()
	}
	return r
}

func load(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("the picture is not in the folder")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.New("the picture cannot be opened")
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, errors.New("the picture cannot be read")
	case len(file) > maxFile:
		return nil, fmt.Errorf("the file has more than %d bytes", maxFile)
	}
	return file, nil
}

// peakMemory is the most that the process ever held, in bytes; 0 when the
// system does not tell (it is Linux that does).
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}
