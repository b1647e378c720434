package capture

import (
	"net/http"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// handedOff is what the device that stays needs: the link's secret, which its
// page puts behind "#", where no server and no log sees it.
type handedOff struct {
	Link        string `json:"link"`
	Watch       string `json:"watch"`
	SecondsLeft int    `json:"secondsLeft"`
}

// handOff makes a link for another device.
func (d *Door) handOff(w http.ResponseWriter, r *http.Request) error {
	session, err := d.attach(r)
	if err != nil {
		return err
	}
	h, err := d.Sessions.HandOff(r.Context(), session)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, handedOff{Link: h.Link, Watch: h.Watch, SecondsLeft: int(max(0, h.Expires.Sub(d.Now()).Seconds()))})
	return nil
}

// takeOver opens a link. Links that do not open are counted by address, as
// client keys are.
func (d *Door) takeOver(w http.ResponseWriter, r *http.Request) error {
	address := edge.AddressKey(r)
	if blocked, wait := d.faults.Blocked(address); blocked {
		d.faults.Headers(w.Header(), wait, 0)
		return kyc.Errorf(kyc.TooMany, "too many links that do not open, try again later")
	}
	var req struct {
		Link string `json:"link"`
	}
	if err := edge.ReadJSON(w, r, maxRequest, &req); err != nil {
		return err
	}
	started, err := d.Sessions.TakeOver(r.Context(), req.Link)
	if err != nil {
		if kyc.KindOf(err) == kyc.Gone {
			d.faults.Take(address)
		}
		return err
	}
	return d.enter(w, r, started)
}

// watched is the state of a session as the device sees it that it was handed off
// from: how far it is, and nothing that was read.
type watched struct {
	stateBody
	Taken bool `json:"taken"` // another device holds the session
}

// watch answers as state does.
func (d *Door) watch(w http.ResponseWriter, r *http.Request) error {
	session, _, err := d.Sessions.Watch(r.Context(), edge.Bearer(r))
	if err != nil {
		return err
	}
	state, err := d.follow(w, r, session.ID)
	if err != nil {
		return err
	}
	_, taken, err := d.Sessions.Watch(r.Context(), edge.Bearer(r)) // it may have been taken while we waited
	if err != nil {
		return err
	}
	body := d.body(state, r)
	body.Fields, body.Challenge = nil, nil
	edge.WriteJSON(w, http.StatusOK, watched{body, taken})
	return nil
}

// continuePage is the document that a link opens; the link's secret stands
// behind "#". Nobody embeds it.
func (d *Door) continuePage(w http.ResponseWriter, r *http.Request) {
	d.write(w, r, page{Continued: true, Hosted: true}, nil)
}
