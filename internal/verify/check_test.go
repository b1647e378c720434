package verify_test

import (
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/verify"
)

// TestChecksOutlastARestart: a picture store or database that is away for half a
// minute costs no verdict.
func TestChecksOutlastARestart(t *testing.T) {
	t.Parallel()
	var waited time.Duration
	for run := 1; run < verify.CheckRuns; run++ {
		waited += verify.CheckPause(run)
	}
	if waited < 30*time.Second || waited > 2*time.Minute {
		t.Errorf("an attempt is given up after %s", waited)
	}
}
