package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/transfer"
)

type backupCommand struct {
	place
	SkipMissing bool   `help:"Leave pictures out that are not where they should be."`
	JSON        bool   `help:"Print one JSON object."`
	Archive     string `arg:"" help:"The archive to make, for example backup-2026-11-25.tar. Nothing is overwritten."`
}

func (c *backupCommand) Run(w *world) error {
	location, err := c.location()
	if err != nil {
		return err
	}
	progress, options := carrying(w, c.SkipMissing)
	done, err := app.Backup(w.ctx, location, c.Archive, options)
	progress.end()
	if err != nil {
		return interrupted(w, err, "nothing was made")
	}
	return tell(w, done, c.JSON, "Backed up", "Keep the master key elsewhere: who has both can read everything, and without it the archive is useless.")
}

type restoreCommand struct {
	place
	JSON    bool   `help:"Print one JSON object."`
	Archive string `arg:"" help:"The archive that openkyc backup made."`
}

func (c *restoreCommand) Run(w *world) error {
	location, err := c.location()
	if err != nil {
		return err
	}
	progress, options := carrying(w, false)
	done, err := app.Restore(w.ctx, c.Archive, location, options)
	progress.end()
	if err != nil {
		return interrupted(w, err, again)
	}
	return tell(w, done, c.JSON, "Restored", "It can be served now. What has happened since the backup is not in it.")
}

type moveCommand struct {
	From        string `required:"" placeholder:"PLACE" help:"Where the installation is: a data folder, or a file of settings."`
	To          string `required:"" placeholder:"PLACE" help:"Where it shall be: a data folder, or a file of settings. Must be empty."`
	SkipMissing bool   `help:"Leave pictures out that are not where they should be."`
	JSON        bool   `help:"Print one JSON object."`
}

// Help is what move --help says below its first line.
func (moveCommand) Help() string {
	return "A file of settings has lines such as OPENKYC_DATABASE=postgres://… and OPENKYC_BLOBS=s3://…, the same that serve reads from its " +
		"environment. Stop every node of the installation first. The master key is copied to where the new settings name it. " +
		"A move that was interrupted goes on when the same command is given again."
}

func (c *moveCommand) Run(w *world) error {
	from, err := placeAt(c.From)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := placeAt(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	progress, options := carrying(w, c.SkipMissing)
	done, err := app.Move(w.ctx, from, to, options)
	progress.end()
	if err != nil {
		return interrupted(w, err, again)
	}
	return tell(w, done, c.JSON, "Moved", "The old place is as it was. Do not serve it any more: webhooks would go out twice.")
}

const again = "give the same command again and it goes on where it was"

// interrupted is the error of a command that must not look as if it had done its work.
func interrupted(w *world, err error, sentence string) error {
	if w.ctx.Err() != nil {
		return errors.New("interrupted: " + sentence)
	}
	return err
}

// tell says at the end what was done.
func tell(w *world, done *app.Transferred, json bool, did, advice string) error {
	if done.Missing > 0 {
		fmt.Fprintf(w.stderr, "%d pictures were missing and are left out.\n", done.Missing)
	}
	if json {
		return printJSON(w, done)
	}
	_, err := fmt.Fprintf(w.stdout, "%s %s\n  to %s\n%d rows of %d tables and %d pictures in %.1f s; counts and SHA-256 are as they should be.\n%s\n",
		did, done.From, done.To, done.Rows, len(done.Tables), done.Pictures, done.Seconds, advice)
	return err
}

// progressEvery is how often a long step says how far it is.
const progressEvery = 2 * time.Second

// progress tells people what is going on.
type progress struct {
	out  io.Writer
	step transfer.Step
	said time.Time
}

func carrying(w *world, skipMissing bool) (*progress, app.TransferOptions) {
	p := &progress{out: w.stderr}
	return p, app.TransferOptions{SkipMissing: skipMissing, Version: "openkyc " + version(), Tell: p.tell}
}

func (p *progress) tell(step transfer.Step) {
	if step.What != p.step.What {
		p.end()
		p.said = time.Now()
	}
	p.step = step
	if time.Since(p.said) >= progressEvery {
		p.say("…")
	}
}

func (p *progress) say(more string) {
	if p.step.Done > 0 {
		fmt.Fprintf(p.out, "%s: %d%s\n", p.step.What, p.step.Done, more)
	} else {
		fmt.Fprintf(p.out, "%s%s\n", p.step.What, more)
	}
	p.said = time.Now()
}

// end says how far the last step has come.
func (p *progress) end() {
	if p.step.What != "" {
		p.say("")
	}
	p.step = transfer.Step{}
}
