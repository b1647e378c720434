package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// letterJob names the endpoint that was disabled, and when: one that has been
// enabled since needs no letter, and one that was disabled anew has its own.
type letterJob struct {
	EndpointID string    `json:"endpoint"`
	At         time.Time `json:"at"`
}

// post orders a letter to the owners of a disabled endpoint's account (W17).
func (r *Room) post(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error {
	if r.Mailer == nil {
		return nil
	}
	payload, err := json.Marshal(letterJob{e.ID, e.StateAt})
	if err != nil {
		return err
	}
	return r.Queue.Insert(ctx, tx, kyc.Job{Kind: JobLetter, Key: fmt.Sprintf("%s/%d", e.ID, e.StateAt.UnixMicro()), Payload: payload})
}

// Letter is the handler of JobLetter: it writes to the account's owners that an
// endpoint was disabled. A run that failed half way may write to some of them
// twice, and never to none.
func (r *Room) Letter(ctx context.Context, payload []byte, _ int, last bool) error {
	var job letterJob
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	to, subject, text, err := r.letter(ctx, job)
	if err != nil || len(to) == 0 {
		return err
	}
	if r.Mailer == nil {
		return kyc.Errorf(kyc.Internal, "this node has no mail server: give all nodes the same --mail-server")
	}
	if err := r.Mailer.Send(ctx, to, subject, text); err != nil {
		if last {
			r.Logger.ErrorContext(ctx, "owners could not be told by e-mail of a disabled endpoint", "endpoint", job.EndpointID, "error", err)
		}
		return err
	}
	return nil
}

// letter is empty when there is nothing to tell any more.
func (r *Room) letter(ctx context.Context, job letterJob) (to []string, subject, text string, err error) {
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		e, err := r.Store.Endpoint(ctx, tx, job.EndpointID)
		if err != nil {
			return ignore(err, kyc.NotFound)
		}
		if e.State != kyc.EndpointDisabled || !e.StateAt.Equal(job.At) {
			return nil
		}
		scenario, err := r.Store.Scenario(ctx, tx, e.ScenarioID)
		if err != nil {
			return ignore(err, kyc.NotFound)
		}
		complete(e, scenario)
		users, err := r.Store.UsersOf(ctx, tx, e.AccountID)
		if err != nil {
			return err
		}
		for _, u := range users {
			if !u.Disabled && (u.Role == kyc.RoleOwner || u.Role == kyc.RoleAdmin) {
				to = append(to, u.Email)
			}
		}
		subject, text = r.wording(e, scenario)
		return nil
	})
	return to, subject, text, err
}

// wording is in the languages of the dashboard. The receiver's address is left
// out: it may carry secrets.
func (r *Room) wording(e *kyc.Endpoint, scenario *kyc.Scenario) (subject, text string) {
	where := ""
	if r.Dashboard != "" {
		where = "\n" + r.Dashboard + "/webhooks/" + e.ID + "\n"
	}
	at := e.StateAt.UTC().Format("2006-01-02 15:04 UTC")
	subject = "OpenKYC: webhooks of “" + oneLine(scenario.Definition.Name) + "” are not delivered any more"
	text = fmt.Sprintf(`The webhook endpoint “%[1]s” of the scenario “%[2]s” was disabled at %[3]s: %[4]s.

Nothing is lost: events are kept. Repair the receiver, then enable the endpoint in the dashboard; what waits is sent then, and what was given up can be replayed.
%[5]s
---

Адрес уведомлений «%[1]s» сценария «%[2]s» отключён %[3]s: %[4]s.

Ничего не потеряно: события хранятся. Исправьте приёмник и включите адрес в кабинете: всё, что ждёт, будет отправлено, а то, от чего отказались, можно отправить повторно.
%[5]s`, oneLine(e.Name), oneLine(scenario.Definition.Name), at, oneLine(e.StateReason), where)
	return subject, text
}

// oneLine takes line ends out of what people wrote, so that nobody writes parts of a letter.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
