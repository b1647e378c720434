package edge

import (
	"net/http"
	"slices"
	"strings"
)

// headers sets what every answer carries; a door may overwrite single ones.
// Pages set their own Content-Security-Policy; what is not a page gets one that
// allows nothing.
func headers(cfg Config) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("X-Permitted-Cross-Domain-Policies", "none")
			h.Set("Content-Security-Policy", CSP{}.FrameAncestors().String())
			if cfg.HTTPS {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// CSP builds a Content-Security-Policy. The zero value allows nothing but
// being framed by anyone; methods add sources and return a new value.
type CSP struct {
	directives []directive
}

type directive struct {
	name    string
	sources []string
}

// Allow adds sources to a directive: Allow("script-src", "'self'").
func (c CSP) Allow(name string, sources ...string) CSP {
	next := CSP{directives: make([]directive, 0, len(c.directives)+1)}
	found := false
	for _, d := range c.directives {
		if d.name == name {
			d.sources, found = append(slices.Clone(d.sources), sources...), true
		}
		next.directives = append(next.directives, d)
	}
	if !found {
		next.directives = append(next.directives, directive{name, sources})
	}
	return next
}

// FrameAncestors limits who may embed the page; without origins nobody may.
func (c CSP) FrameAncestors(origins ...string) CSP {
	if len(origins) == 0 {
		origins = []string{"'none'"}
	}
	return c.Allow("frame-ancestors", origins...)
}

// String is the header's value. default-src, base-uri, form-action and
// object-src are always stated, closed unless allowed.
func (c CSP) String() string {
	var b strings.Builder
	have := map[string]bool{}
	write := func(name string, sources []string) {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name)
		for _, s := range sources {
			// A stray separator would let one source start a directive of its own.
			b.WriteString(" " + strings.Map(func(r rune) rune {
				if r == ';' || r == ',' || r <= ' ' {
					return -1
				}
				return r
			}, s))
		}
		have[name] = true
	}
	for _, d := range c.directives {
		write(d.name, d.sources)
	}
	for _, name := range []string{"default-src", "base-uri", "form-action", "object-src"} {
		if !have[name] {
			write(name, []string{"'none'"})
		}
	}
	return b.String()
}

// CORS lets pages of other origins read a route's answers. Credentials are
// never allowed: nothing of ours that is open to other origins uses cookies.
type CORS struct {
	Allow   func(origin string) bool // nil: any
	Methods []string
	Headers []string
	Expose  []string
}

// Middleware answers preflights itself and marks the answers of the rest.
func (c CORS) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		allowed := c.Allow == nil || (origin != "" && c.Allow(origin))
		if c.Allow != nil {
			h.Add("Vary", "Origin")
		}
		if allowed {
			if c.Allow == nil {
				origin = "*"
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
			if len(c.Expose) > 0 {
				h.Set("Access-Control-Expose-Headers", strings.Join(c.Expose, ", "))
			}
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			if allowed {
				h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", "))
				h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
				h.Set("Access-Control-Max-Age", "600")
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
