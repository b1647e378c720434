package main

import "testing"

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, listen, want string }{
		{"", "localhost:8080", "http://localhost:8080"}, {"", ":8080", "http://localhost:8080"}, {"", "0.0.0.0:80", "http://localhost:80"},
		{"", "[::1]:8080", "http://[::1]:8080"}, {"https://kyc.example/", ":8080", "https://kyc.example"},
	} {
		if got := publicURL(c.given, c.listen); got != c.want {
			t.Errorf("%q on %q: %s, want %s", c.given, c.listen, got, c.want)
		}
	}
}
