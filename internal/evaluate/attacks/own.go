package attacks

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Recorded plays recordings of one's own, as Recorder wrote them: the folder
// that a recording's folder lies in is its label, and Genuine's are honest. A
// recording that cannot be read is an error that names it.
func Recorded(ctx context.Context, room Room, files fs.FS, progress func(done, all int)) (*Report, error) {
	found, err := recorded(files)
	if err != nil {
		return nil, err
	}
	if err := inOrder(files, found); err != nil {
		return nil, err
	}
	begun, shown := time.Now(), map[string]bool{}
	r := &Report{About: "recordings of one's own"}
	var known memory
	for i, name := range found {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("the bench was interrupted: %w", context.Cause(ctx))
		}
		in, err := read(files, path.Dir(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Dir(name), err)
		}
		in.Seen = known.seen
		one, err := ask(ctx, room, in, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Dir(name), err)
		}
		one.Name, one.Species = path.Dir(name), path.Dir(path.Dir(name))
		one.Kind = named(one.Species).Kind
		known = append(known, remembered{one.Name, one.prints})
		if !shown[one.Species] {
			shown[one.Species], one.shown = true, few(in.Frames)
		}
		r.Sessions = append(r.Sessions, one)
		if progress != nil {
			progress(i+1, len(found))
		}
	}
	r.Took = time.Since(begun)
	return r, nil
}

// inOrder sorts recordings by when they were made: each is held against those
// before it, as an installation holds a session against earlier ones.
func inOrder(files fs.FS, found []string) error {
	made := make(map[string]time.Time, len(found))
	for _, name := range found {
		n, err := readNote(files, path.Dir(name))
		if err != nil {
			return fmt.Errorf("%s: %w", path.Dir(name), err)
		}
		made[name] = n.SentAt
	}
	slices.SortStableFunc(found, func(a, b string) int { return made[a].Compare(made[b]) })
	return nil
}

func readNote(files fs.FS, dir string) (n note, err error) {
	text, err := fs.ReadFile(files, path.Join(dir, noteFile))
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(text, &n); err != nil {
		return n, fmt.Errorf("%s: %w", noteFile, err)
	}
	return n, nil
}

// read opens one recording and takes its pictures the way of an upload.
func read(files fs.FS, dir string) (in kyc.LivenessInput, err error) {
	n, err := readNote(files, dir)
	if err != nil {
		return in, err
	}
	in = kyc.LivenessInput{Challenge: n.Challenge, Marks: n.Marks, SentAt: n.SentAt, Now: n.SentAt}
	for i := range n.Marks {
		file, err := fs.ReadFile(files, path.Join(dir, fmt.Sprintf("%02d.jpg", i)))
		if err != nil {
			return in, err
		}
		picture, err := stored(file)
		if err != nil {
			return in, fmt.Errorf("frame %d: %w", i, err)
		}
		in.Frames = append(in.Frames, picture)
	}
	return in, nil
}
