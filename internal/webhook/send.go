package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// The headers of ours beside those of Standard Webhooks. The body of a final
// session is the contract's, with nothing added, so what else there is to know of
// it travels here.
const (
	HeaderEvent    = "openkyc-event"
	HeaderSequence = "openkyc-sequence" // W8
	HeaderVersion  = "openkyc-version"  // W8
	HeaderTest     = "openkyc-test"     // W27
	HeaderReplay   = "openkyc-replay"   // W26
)

// parcel is a claimed delivery with all that it takes to send it.
type parcel struct {
	d        *kyc.Delivery
	endpoint *kyc.Endpoint // as it was when the delivery was claimed
	secrets  []string      // newest first; those that still sign
	address  string
}

// attempt is what one try at sending came to.
type attempt struct {
	parcel
	at     time.Time
	header map[string]string
	answer kyc.Answer
	fault  string // safe sentence; "" when there was an answer
	ours   bool   // the receiver was never reached, and it is not to blame
	broken bool   // our own stopping broke it off
}

// delivered tells success: any 2xx and nothing else (W12).
func (a *attempt) delivered() bool { return a.fault == "" && a.answer.Code/100 == 2 }

// sentence says what is wrong, or nothing.
func (a *attempt) sentence() string {
	if a.fault == "" && !a.delivered() {
		return fmt.Sprintf("the receiver answered %d", a.answer.Code)
	}
	return a.fault
}

// send signs by the time of this attempt (W3) and posts within the endpoint's
// time limit (W15).
func (r *Room) send(ctx context.Context, p parcel) *attempt {
	try := &attempt{parcel: p, at: r.Now()}
	signatures := make([]string, 0, len(p.secrets))
	for _, secret := range p.secrets {
		if s := client.SignWebhook(secret, p.d.ID, try.at, p.d.Body); s != "" {
			signatures = append(signatures, s)
		}
	}
	if len(signatures) == 0 {
		try.fault = "the endpoint's secret cannot sign: make a new one"
		return try
	}
	header := headerOf(p.d, try.at)
	try.header = noted(header)
	header.Set(client.HeaderWebhookSignature, strings.Join(signatures, " ")) // W4
	limited, cancel := context.WithTimeout(ctx, timeout(p.endpoint))
	defer cancel()
	answer, err := r.Sender.Post(limited, p.address, header, p.d.Body)
	try.answer = answer
	if err != nil {
		try.fault = kyc.SafeMessage(err)
		try.broken = ctx.Err() != nil
		var fault ourFault
		try.ours = errors.As(err, &fault) && fault.Ours()
		r.Logger.LogAttrs(ctx, slog.LevelWarn, "webhook not sent", slog.String("delivery", p.d.ID), slog.Int("attempt", p.d.Attempts), slog.Any("error", err))
	}
	return try
}

// ourFault is an error of a Sender for which the receiver is not to blame, such
// as a forward proxy that is down (W24).
type ourFault interface{ Ours() bool }

// headerOf makes the headers of one attempt but for the signature.
func headerOf(d *kyc.Delivery, at time.Time) http.Header {
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(client.HeaderWebhookID, d.ID)
	header.Set(client.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(HeaderEvent, d.Event)
	if d.Sequence > 0 {
		header.Set(HeaderSequence, strconv.FormatInt(d.Sequence, 10))
		header.Set(HeaderVersion, strconv.FormatInt(d.Version, 10))
	}
	if d.Test {
		header.Set(HeaderTest, "true")
	}
	if d.Replayed {
		header.Set(HeaderReplay, "true")
	}
	return header
}

// noted is what the log keeps of the headers (W25); it is called before the
// signature is among them.
func noted(header http.Header) map[string]string {
	kept := make(map[string]string, len(header))
	for name := range header {
		kept[strings.ToLower(name)] = header.Get(name)
	}
	return kept
}

// beginning is what the log keeps of an answer: valid text, its first 2 kB.
func beginning(answer []byte) string {
	if len(answer) > maxKept {
		answer = answer[:maxKept]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(answer), ""), "\x00", "")
}
