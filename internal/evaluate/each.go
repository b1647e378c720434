package evaluate

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Each does n things, jobs of them at a time (at least one), and tells progress,
// which may be nil, of each that is done. When ctx ends it begins nothing new,
// waits for what was begun, and returns what ended it.
func Each(ctx context.Context, n, jobs int, progress func(done, all int), do func(i int)) error {
	next := make(chan int)
	var working sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range max(jobs, 1) {
		working.Go(func() {
			for i := range next {
				do(i)
				mu.Lock()
				if done++; progress != nil {
					progress(done, n)
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	working.Wait()
	return context.Cause(ctx)
}

// ReadPicture reads a file of a bounded size. Its errors are the system's, and one
// for a file that is larger.
func ReadPicture(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("larger than %d MB", maxFile>>20)
	}
	return os.ReadFile(path)
}

// ReadList reads CSV line by line; a first line for which columns is true names
// the columns. The error is that of each, or says that the list, by its name, is no CSV.
func ReadList(text []byte, name string, columns func(fields []string) bool, each func(line int, fields []string) error) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	for first := true; ; first = false {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s is not CSV: %w", name, err)
		}
		if first && columns(fields) {
			continue
		}
		line, _ := r.FieldPos(0)
		if err := each(line, fields); err != nil {
			return err
		}
	}
}
