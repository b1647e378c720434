package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openkyc/openkyc/internal/specimen"
)

// TestStories tells what the command line does, one file of testdata/story a
// tale: a person types, and what comes back is compared to the letter.
func TestStories(t *testing.T) {
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	models, err := filepath.Abs(filepath.Join("..", "bin", "models"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "story"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("OPENKYC_MODELS", models)
			env.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"field": field, "specimen": drawn},
	})
}

// field VARIABLE FILE NAME… puts one value of a JSON file into the environment.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: field VARIABLE FILE NAME…")
	}
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &value))
	for _, name := range args[2:] {
		object, ok := value.(map[string]any)
		if !ok || object[name] == nil {
			ts.Fatalf("%s has no %s", args[1], name)
		}
		value = object[name]
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// drawn photographs the specimen of a kind into a file: specimen licence FILE.
func drawn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[0] != "licence" {
		ts.Fatalf("usage: specimen licence FILE")
	}
	licence := specimen.SampleLicence(4, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), specimen.Scene{Seed: 4}.Photograph(licence.Render()).JPEG(), 0o600))
}
