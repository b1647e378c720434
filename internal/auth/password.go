package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Parameters of argon2id: 19 MiB, two passes, one lane, as OWASP's password
// storage cheat sheet gives them; measured at about 0.17 s on one core.
const (
	argonMemory = 19 * 1024
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// hashers bounds concurrent password hashing, so that a flood of logins cannot
// use up memory.
type hashers chan struct{}

func (h hashers) enter(ctx context.Context) error {
	select {
	case h <- struct{}{}:
		return nil
	case <-ctx.Done():
		return kyc.Wrap(kyc.TooMany, ctx.Err(), "too many logins at once; try again")
	}
}

func (h hashers) leave() { <-h }

// hashPassword returns a PHC string.
func hashPassword(random io.Reader, password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// samePassword checks a password against a PHC string, in time that does not
// depend on where they differ.
func samePassword(phc, password string) bool {
	parts := strings.Split(phc, "$")
	var version, memory, passes, lanes int
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory < 8 || memory > 1<<20 || passes < 1 || passes > 10 || lanes < 1 || lanes > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// Limits of passwords: length alone counts, composition rules only make people
// choose worse ones (S15).
const (
	minPassword = 8
	maxPassword = 128
)

func passwordFault(password, email string) string {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return "password: not valid UTF-8"
	case n < minPassword:
		return "password: at least 8 characters; 15 or more are advised"
	case n > maxPassword:
		return "password: at most 128 characters"
	case strings.EqualFold(password, email):
		return "password: must not be the e-mail address"
	case strings.Count(password, password[:1]) == len(password):
		return "password: must not be one character repeated"
	}
	return ""
}
