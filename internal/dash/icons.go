package dash

import (
	g "maragu.dev/gomponents"

	"github.com/openkyc/openkyc/internal/kyc"
)

// icon draws one of our line icons on a 24 by 24 grid, in the colour of the
// text around it. It is decoration: the words beside it carry the meaning.
func icon(name string) g.Node {
	shapes, ok := shapesOf(name)
	if !ok {
		return nil
	}
	return g.El("svg", g.Attr("class", "icon"), g.Attr("viewBox", "0 0 24 24"), g.Attr("aria-hidden", "true"), g.Attr("focusable", "false"),
		g.Map(shapes, func(d string) g.Node { return g.El("path", g.Attr("d", d)) }))
}

func shapesOf(name string) ([]string, bool) {
	shapes, ok := map[string][]string{
		"sessions":   {"M4 5h16v14H4z", "M8 10a2 2 0 1 0 4 0 2 2 0 0 0-4 0", "M7 16c.6-1.7 1.7-2.5 3-2.500s2.4.8 3 2.5", "M15.5 10H18", "M15.5 14H18"},
		"scenarios":  {"M6 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4z", "M18 16a2 2 0 1 0 0 4 2 2 0 0 0 0-4z", "M8 6h7a3 3 0 0 1 0 6H9a3 3 0 0 0 0 6h7"},
		"tokens":     {"M8 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 12h9", "M17 12v3.5", "M20.5 12v2.5"},
		"reference":  {"M5 4h10a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3z", "M5 17a3 3 0 0 1 3-3h10", "M9 8h5"},
		"account":    {"M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M4.5 20c1-3.6 3.8-5.5 7.5-5.500s6.5 1.9 7.5 5.5"},
		"logout":     {"M10 4H5v16h5", "M10 12h10", "M16.5 8.5 20 12l-3.5 3.5"},
		"light":      {"M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 3v2", "M12 19v2", "M3 12h2", "M19 12h2", "M5.6 5.6 7 7", "M17 17l1.4 1.4", "M18.4 5.6 17 7", "M7 17l-1.4 1.4"},
		"dark":       {"M20 14.500A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.500z"},
		"auto":       {"M4 5h16v11H4z", "M9 20h6", "M12 16v4"},
		"copy":       {"M9 9h11v11H9z", "M5 15H4V4h11v1"},
		"eye":        {"M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z", "M12 9.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"},
		"success":    {"M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M8 12.200l2.7 2.700L16 9.5"},
		"failed":     {"M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M9 9l6 6", "M15 9l-6 6"},
		"suspicious": {"M12 4 2.8 20h18.400z", "M12 10v4.5", "M12 17.200v.3"},
		"exception":  {"M8 3h8l5 5v8l-5 5H8l-5-5V8z", "M12 8v5", "M12 16.200v.3"},
		"expired":    {"M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 7v5l3.2 2"},
		"processing": {"M20 12a8 8 0 0 1-14 5.3", "M4 12a8 8 0 0 1 14-5.3", "M18.5 2.800V7h-4.2", "M5.5 21.200V17h4.2"},
		"idle":       {"M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M9 12h.1", "M12 12h.1", "M15 12h.1"},
		"document":   {"M6 3h12v18H6z", "M12 7.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z", "M9 16.500h6"},
		"selfie":     {"M4 8V5h4", "M16 5h4v3", "M20 16v3h-4", "M8 19H4v-3", "M12 8.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z"},
		"liveness":   {"M12 5a6 6.5 0 1 0 0 13 6 6.5 0 0 0 0-13z", "M2.5 9.5 4.5 12l-2 2.5", "M21.5 9.500l-2 2.5 2 2.5", "M10 12h.1", "M14 12h.1"},
		"faces":      {"M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z", "M16 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z", "M3 19c.6-3.3 2.4-5 5-5 1.7 0 3.1.7 4 2.1.9-1.4 2.3-2.1 4-2.1 2.6 0 4.4 1.7 5 5"},
		"webhook":    {"M4 12h12", "M12 7l5 5-5 5", "M20 5v14"},
		"log":        {"M5 4h14v16H5z", "M9 9h6", "M9 13h6", "M9 17h3"},
		"replay":     {"M4.5 12a7.5 7.5 0 1 0 2.2-5.300L4.5 9", "M4.5 4.500V9H9"},
		"plus":       {"M12 5v14", "M5 12h14"},
		"up":         {"M12 19V5", "M6 11l6-6 6 6"},
		"down":       {"M12 5v14", "M6 13l6 6 6-6"},
		"remove":     {"M5 7h14", "M10 7V4h4v3", "M7 7l1 13h8l1-13"},
		"download":   {"M12 4v11", "M7 10.500l5 5 5-5", "M5 20h14"},
		"back":       {"M20 12H4", "M10 6l-6 6 6 6"},
		"next":       {"M9 5l7 7-7 7"},
		"search":     {"M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z", "M15.5 15.5 20.5 20.5"},
		"rotate":     {"M19.5 12a7.5 7.5 0 1 1-2.2-5.300L19.5 9", "M19.5 4.500V9H15"},
	}[name]
	return shapes, ok
}

// statusIcon is the shape of a status, so that colour is never alone in saying it.
func statusIcon(s kyc.Status) g.Node {
	if !s.Valid() {
		return icon("idle")
	}
	return icon(string(s))
}

// logo is the brand's mark: a head inside the frame of a scan, with a tick.
func logo() g.Node {
	return g.El("svg", g.Attr("class", "logo"), g.Attr("viewBox", "0 0 32 32"), g.Attr("aria-hidden", "true"), g.Attr("focusable", "false"),
		g.El("rect", g.Attr("width", "32"), g.Attr("height", "32"), g.Attr("rx", "9"), g.Attr("class", "logo-ground")),
		g.El("path", g.Attr("class", "logo-line"), g.Attr("d", "M8 12.500V10a2 2 0 0 1 2-2h2.500M19.5 8H22a2 2 0 0 1 2 2v2.500M24 19.500V22a2 2 0 0 1-2 2h-2.500M12.5 24H10a2 2 0 0 1-2-2v-2.5")),
		g.El("path", g.Attr("class", "logo-tick"), g.Attr("d", "M11.5 16.300l3.2 3.2 6-6.6")))
}
