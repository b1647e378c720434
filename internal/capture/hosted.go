package capture

import (
	"net/url"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// parseHosted takes /{schemaId}/{clientKey} apart. The key is what follows the
// first two slashes, percent-encoded or raw: base64 has "/", "+" and "=" in it,
// so it must come from the escaped path and may look like several segments.
func parseHosted(escaped string) (schema, key string, ok bool) {
	rest, found := strings.CutPrefix(escaped, "/")
	if !found {
		return "", "", false
	}
	schema, encoded, found := strings.Cut(rest, "/")
	if !found || encoded == "" || !kyc.ValidID(schema) {
		return "", "", false
	}
	key, err := url.PathUnescape(encoded)
	if err != nil {
		return "", "", false
	}
	// A "+" that some encoder took for a space; base64 itself has no spaces.
	return schema, strings.ReplaceAll(key, " ", "+"), true
}
