package dash

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/privacy"
)

// eraser is the room of privacy: it marks the session, and remembers what it was asked.
type eraser struct{ *world }

func (e eraser) Erase(_ context.Context, p *kyc.Principal, req privacy.Request) (*privacy.Erased, error) {
	if !p.Can(kyc.EraseKYC) {
		return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	e.did(fmt.Sprintf("erased %s, templates %v, keeps persons %v: %s", req.SessionID, req.TemplatesOnly, req.KeepPersons, req.Reason))
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.sessions {
		if s := &e.sessions[i]; s.SessionID == req.SessionID && !req.TemplatesOnly {
			at := kyc.Stamp(e.now)
			s.ErasedAt, s.ClientKey, s.Results = &at, "", nil
		}
	}
	return &privacy.Erased{Sessions: []string{req.SessionID}}, nil
}

// TestErase: a session that has ended offers it to who may, asks first, and says
// afterwards what it is.
func TestErase(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	var ended kyc.SessionView
	for _, x := range s.sessions {
		if x.Status == kyc.Success {
			ended = x
		}
	}
	address := "/dashboard/sessions/" + ended.SessionID
	if page := s.ask("GET", address, "owner", nil).Body.String(); !strings.Contains(page, address+"/erase") || !strings.Contains(page, "Destroy face templates only") {
		t.Error("the page offers no erasure")
	}
	form := url.Values{"what": {"all"}, "keepPersons": {"1"}, "reason": {"asked for it"}}
	ask := s.ask("POST", address+"/erase", "owner", form).Body.String()
	if !strings.Contains(ask, "destroyed for good") || !strings.Contains(ask, `value="asked for it"`) || !strings.Contains(ask, `name="keepPersons"`) || len(s.calls) > 0 {
		t.Errorf("erased without a question, or what was chosen is lost: %v", s.calls)
	}
	form["confirmed"] = []string{"yes"}
	if a := s.ask("POST", address+"/erase", "owner", form); a.Code != http.StatusSeeOther {
		t.Errorf("erasing answers %d", a.Code)
	}
	if a := s.ask("POST", address+"/erase", "owner", url.Values{"what": {"templates"}, "confirmed": {"yes"}}); a.Code != http.StatusSeeOther {
		t.Errorf("erasing templates answers %d", a.Code)
	}
	want := []string{"erased " + ended.SessionID + ", templates false, keeps persons true: asked for it", "erased " + ended.SessionID + ", templates true, keeps persons false: "}
	if strings.Join(s.calls, "|") != strings.Join(want, "|") {
		t.Errorf("%q", s.calls)
	}
	if page := s.ask("GET", address, "owner", nil).Body.String(); !strings.Contains(page, "All that was personal was destroyed on") || strings.Contains(page, address+"/erase") || strings.Contains(page, ended.ClientKey) {
		t.Error("the page of an erased session does not say so")
	}
	if list := s.ask("GET", "/dashboard/sessions", "owner", nil).Body.String(); !strings.Contains(list, ">Erased<") {
		t.Error("the list does not say that a session was erased")
	}
}
