package jobs_test

import (
	"testing"

	"github.com/openkyc/openkyc/internal/jobs/jobstest"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

func TestContractOnSQLite(t *testing.T) {
	t.Parallel()
	jobstest.Run(t, func(t *testing.T) jobstest.Store { return storetest.Open(t) })
}
