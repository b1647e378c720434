// Command loadtest holds a mixed load on the real program for minutes and shows
// whether what it holds grows: memory, heap, goroutines, open files.
//
// In come how long and which program; out go a table of samples, what was done
// and how fast, and a verdict, also as a page of the handbook. It ends by itself,
// with exit code 1 when something grows, fails or is lost. All of it stays on
// loopback. `make proof-load` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l := &load{out: os.Stdout}
	flag.DurationVar(&l.length, "for", 5*time.Minute, "how long to hold the load")
	flag.DurationVar(&l.every, "every", 2*time.Second, "how often to look")
	flag.IntVar(&l.visitors, "visitors", 2, "persons at one time")
	flag.StringVar(&l.program, "program", "bin/openkyc", "the program")
	page := flag.String("page", "", "page of the handbook to write")
	flag.Parse()
	if err := proof(ctx, l, *page); err != nil {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(1)
	}
}

func proof(ctx context.Context, l *load, page string) error {
	folder, err := os.MkdirTemp("", "openkyc-load")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	l.folder = folder
	if err := l.run(ctx); err != nil {
		return err
	}
	text, verdict := l.report()
	fmt.Fprint(l.out, text)
	if page != "" {
		err = os.WriteFile(page, []byte(l.page(text)), 0o644) //nolint:gosec // a page of the handbook is for everybody
	}
	return errors.Join(err, verdict)
}
