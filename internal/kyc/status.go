package kyc

import "slices"

// Status of a session, and of a step's result (success or failed there).
type Status string

// The statuses of the wire contract, section 5.
const (
	Idle       Status = "idle"       // waiting for the person
	Processing Status = "processing" // waiting for us
	Success    Status = "success"    // every check of every step passed
	Failed     Status = "failed"     // at least one check failed
	Suspicious Status = "suspicious" // only soft checks failed: a human decides
	Exception  Status = "exception"  // our fault
	Expired    Status = "expired"    // the person did not finish in time
)

// Statuses lists all of them in the contract's order.
func Statuses() []Status {
	return []Status{Idle, Processing, Success, Failed, Suspicious, Exception, Expired}
}

// Final tells that nothing changes any more but by a reviewer's decision.
func (s Status) Final() bool {
	switch s {
	case Success, Failed, Suspicious, Exception, Expired:
		return true
	case Idle, Processing:
		return false
	}
	return false
}

// Valid tells that s is one of the seven.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Verdict of one finding under a scenario: success only when it was computed,
// has no error and no failed check. A finding that is nil was not computed and
// can therefore never be a success.
func (f *Finding) Verdict(soft SoftChecks) Status {
	if f == nil {
		return Exception
	}
	verdict := Success
	for _, code := range f.Errors {
		if check := code.Check(); check == "" || !soft.Has(check) {
			return Failed
		}
		verdict = Suspicious
	}
	for _, group := range f.Checks {
		for _, item := range group.Items {
			switch {
			case item.Status == Success:
			case item.Status == Failed && soft.Has(item.Caption):
				verdict = Suspicious
			default:
				return Failed
			}
		}
	}
	return verdict
}

// Overall applies the status rule of the contract to all steps of a session,
// the synthetic faces step included: an exception anywhere is ours to admit,
// any hard failure fails, soft failures alone make it suspicious, and success
// needs at least one step and nothing but successes.
func Overall(verdicts []Status) Status {
	if len(verdicts) == 0 {
		return Exception
	}
	worst := Success
	for _, v := range verdicts {
		if severity(v) > severity(worst) {
			worst = v
		}
	}
	if !worst.Final() {
		return Exception
	}
	return worst
}

// severity orders final verdicts; anything that is not final counts as our
// fault, since Overall must only be asked when every step has ended.
func severity(s Status) int {
	switch s {
	case Success:
		return 0
	case Suspicious:
		return 1
	case Failed:
		return 2
	case Expired:
		return 3
	default:
		return 4
	}
}
