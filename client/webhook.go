package client

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks that every notification carries.
const (
	HeaderWebhookID        = "webhook-id"        // the same for every retry: use it to recognise repeats
	HeaderWebhookTimestamp = "webhook-timestamp" // Unix seconds of this attempt
	HeaderWebhookSignature = "webhook-signature" // one or more of "v1,<base64>", separated by spaces
)

// WebhookTolerance is how far the timestamp may be off either way (W7).
const WebhookTolerance = 300 * time.Second

// ErrWebhook is returned for a notification that is not genuine, is too old or
// cannot be opened. What is wrong in particular follows in the text.
var ErrWebhook = errors.New("webhook refused")

// envelope is the body in mode "encrypted".
type envelope struct {
	Encrypted string `json:"encrypted"`
}

// Notification is a webhook that was found genuine.
type Notification struct {
	ID      string          // the same for every repeat of this notification
	SentAt  time.Time       // of this attempt
	Session Session         // what became final
	Raw     json.RawMessage // the session object as it was sent, decrypted
}

// ReadWebhook verifies and opens a notification, whether its body is encrypted or
// plain. secret is the scenario's webhook secret, body the exact bytes received.
// Answer any error with a status outside 2xx. A notification may come more than
// once: remember its ID.
func ReadWebhook(secret string, header http.Header, body []byte, now time.Time) (*Notification, error) {
	if err := VerifyWebhook(secret, header, body, now); err != nil {
		return nil, err
	}
	raw, err := OpenWebhook(secret, body)
	if err != nil {
		return nil, err
	}
	n := &Notification{ID: header.Get(HeaderWebhookID), Raw: raw}
	if err := json.Unmarshal(raw, &n.Session); err != nil {
		return nil, fmt.Errorf("%w: the body is not a session object: %w", ErrWebhook, err)
	}
	seconds, _ := strconv.ParseInt(header.Get(HeaderWebhookTimestamp), 10, 64) // verified above
	n.SentAt = time.Unix(seconds, 0).UTC()
	return n, nil
}

// SealWebhook makes the encrypted body {"encrypted":"…"} of a session object's
// JSON under a random IV, by the wire contract, section 7.
func SealWebhook(secret string, body []byte) ([]byte, error) {
	var iv [aes.BlockSize]byte
	if _, err := rand.Read(iv[:]); err != nil {
		return nil, fmt.Errorf("draw an initialisation vector: %w", err)
	}
	return json.Marshal(envelope{base64.StdEncoding.EncodeToString(sealCBC(secret, iv, body))})
}

// OpenWebhook returns the session object's JSON out of an encrypted body, and a
// plain body unchanged. Encryption alone does not prove the sender: call
// [VerifyWebhook] first, or [ReadWebhook], which does both.
func OpenWebhook(secret string, body []byte) ([]byte, error) {
	var sealed envelope
	if err := json.Unmarshal(body, &sealed); err != nil {
		return nil, fmt.Errorf("%w: the body is not a JSON object", ErrWebhook)
	}
	if sealed.Encrypted == "" {
		return body, nil
	}
	data, err := base64.StdEncoding.DecodeString(sealed.Encrypted)
	if err != nil || len(data) < 2*aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return nil, errUnopened()
	}
	text := data[aes.BlockSize:]
	cipher.NewCBCDecrypter(keyCipher(secret), data[:aes.BlockSize]).CryptBlocks(text, text)
	length, ok := unpad(text)
	if ok != 1 || !json.Valid(text[:length]) {
		return nil, errUnopened()
	}
	return text[:length], nil
}

func errUnopened() error {
	return fmt.Errorf("%w: the body cannot be decrypted with this secret", ErrWebhook)
}

// SignWebhook makes one "v1,…" signature of Standard Webhooks over the id, the
// timestamp and the exact body (W1). The secret is "whsec_" + base64 of 24 to 64
// bytes; for any other it returns "", which no verifier accepts.
func SignWebhook(secret, id string, timestamp time.Time, body []byte) string {
	mac, err := webhookMAC(secret, id, strconv.FormatInt(timestamp.Unix(), 10), body)
	if err != nil {
		return ""
	}
	return "v1," + base64.StdEncoding.EncodeToString(mac)
}

// VerifyWebhook checks the signature headers of a notification in constant time
// and refuses timestamps that are off by more than [WebhookTolerance]. While a
// secret is being rotated there may be several signatures; one good one is
// enough (W4).
func VerifyWebhook(secret string, header http.Header, body []byte, now time.Time) error {
	id, stamp := header.Get(HeaderWebhookID), header.Get(HeaderWebhookTimestamp)
	if id == "" || stamp == "" || header.Get(HeaderWebhookSignature) == "" {
		return fmt.Errorf("%w: a signature header is missing", ErrWebhook)
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: the timestamp is not a number", ErrWebhook)
	}
	if off := now.Unix() - seconds; off > int64(WebhookTolerance/time.Second) || off < -int64(WebhookTolerance/time.Second) {
		return fmt.Errorf("%w: the timestamp is off by more than %d seconds", ErrWebhook, int(WebhookTolerance.Seconds()))
	}
	want, err := webhookMAC(secret, id, stamp, body)
	if err != nil {
		return err
	}
	good := 0
	for _, signature := range strings.Fields(header.Get(HeaderWebhookSignature)) {
		encoded, v1 := strings.CutPrefix(signature, "v1,")
		have, err := base64.StdEncoding.DecodeString(encoded)
		if v1 && err == nil {
			good |= subtle.ConstantTimeCompare(have, want)
		}
	}
	if good != 1 {
		return fmt.Errorf("%w: no signature fits", ErrWebhook)
	}
	return nil
}

func webhookMAC(secret, id, stamp string, body []byte) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("%w: a webhook secret is whsec_ and base64 of 24 to 64 bytes", ErrWebhook)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return mac.Sum(nil), nil
}
