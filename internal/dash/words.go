package dash

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/openkyc/openkyc/internal/kyc"
)

//go:embed locales/*.json
var localeFiles embed.FS

// languages in the order of preference when a browser names none of them.
func languages() []string { return []string{"en", "ru"} }

// catalogue holds all texts of the door in all languages.
type catalogue struct {
	matcher    language.Matcher
	localizers map[string]*i18n.Localizer
}

func loadCatalogue() (*catalogue, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &catalogue{localizers: map[string]*i18n.Localizer{}}
	tags := make([]language.Tag, 0, len(languages()))
	for _, lang := range languages() {
		if _, err := bundle.LoadMessageFileFS(localeFiles, "locales/"+lang+".json"); err != nil {
			return nil, fmt.Errorf("dash: read the %s texts: %w", lang, err)
		}
		c.localizers[lang] = i18n.NewLocalizer(bundle, lang)
		tags = append(tags, language.MustParse(lang))
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// choose picks the language of a request: the cookie of the switch, then what
// the browser prefers.
func (c *catalogue) choose(r *http.Request) words {
	if cookie, err := r.Cookie(langCookie); err == nil && c.localizers[cookie.Value] != nil {
		return c.words(cookie.Value)
	}
	_, i := language.MatchStrings(c.matcher, r.Header.Get("Accept-Language"))
	return c.words(languages()[i])
}

func (c *catalogue) words(lang string) words { return words{lang: lang, localizer: c.localizers[lang]} }

// words speaks one language.
type words struct {
	lang      string
	localizer *i18n.Localizer
}

// t returns the text of a key; data are pairs of a placeholder and its value.
// A missing key shows itself, which the catalogue test keeps from happening.
func (w words) t(id string, data ...any) string { return w.or(id, id, data...) }

// or is t for keys made from data, such as the caption of a check that a later
// engine may have added: without a text the fallback stands in.
func (w words) or(id, fallback string, data ...any) string {
	text, err := w.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: pairs(data)})
	if err != nil {
		return fallback
	}
	return text
}

// n returns the form of a text that fits the count.
func (w words) n(id string, count int) string {
	text, err := w.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: count, TemplateData: map[string]any{"N": count}})
	if err != nil {
		return id
	}
	return text
}

func pairs(data []any) map[string]any {
	m := make(map[string]any, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		m[fmt.Sprint(data[i])] = data[i+1]
	}
	return m
}

// spent is a length of time as people say it.
func (w words) spent(d time.Duration) string {
	switch {
	case d >= 10*time.Second && d < time.Minute:
		return w.t("spent.seconds", "S", int(d.Seconds()))
	case d < time.Minute:
		return w.t("spent.seconds", "S", w.decimal(d.Seconds()))
	case d < time.Hour:
		return w.t("spent.minutes", "M", int(d.Minutes()), "S", int(d.Seconds())%60)
	case d < 48*time.Hour:
		return w.t("spent.hours", "H", int(d.Hours()), "M", int(d.Minutes())%60)
	}
	return w.n("spent.days", int(d.Hours()/24))
}

func (w words) decimal(f float64) string {
	text := strconv.FormatFloat(f, 'f', 1, 64)
	if w.lang == "ru" {
		return strings.Replace(text, ".", ",", 1)
	}
	return text
}

// codeKey is the catalogue key of an error code: "[general] bad image" becomes
// "code.general-bad-image".
func codeKey(c kyc.Code) string {
	text := strings.NewReplacer("[", "", "]", "").Replace(string(c))
	return "code." + strings.Join(strings.Fields(text), "-")
}

// sentences of a refused request in the reader's language. Rooms speak English;
// a fault is known by the field it begins with, and one without a translation
// stays as the room said it.
func (w words) sentences(err error) []fault {
	_, details := describe(err)
	faults := make([]fault, 0, len(details))
	for _, detail := range details {
		field, _, found := strings.Cut(detail, ":")
		if !found || strings.Contains(field, " ") {
			faults = append(faults, fault{text: w.or("said."+slug(detail), detail)})
			continue
		}
		name, index := splitIndex(field)
		said := strings.TrimSpace(strings.TrimPrefix(detail, field+":"))
		if strings.HasPrefix(said, "[") { // the code of what is wrong with a picture
			text := w.or(codeKey(kyc.Code(said)), said)
			if index >= 0 {
				text = w.t("said.picture", "N", index+1, "Text", text)
			}
			faults = append(faults, fault{field: name, index: index, text: text})
			continue
		}
		faults = append(faults, fault{field: name, index: index, text: w.or("fault."+name+"."+slug(said), w.or("fault."+name, said))})
	}
	return faults
}

// fault is one sentence about one field of a form; field is "" when it is
// about the form as a whole, index -1 when the field is not one of a list.
type fault struct {
	field string
	index int
	text  string
}

// splitIndex takes "steps[2].type" apart into "steps.type" and 2.
func splitIndex(field string) (name string, index int) {
	before, rest, ok := strings.Cut(field, "[")
	number, after, ok2 := strings.Cut(rest, "]")
	i, err := strconv.Atoi(number)
	if !ok || !ok2 || err != nil {
		return field, -1
	}
	return before + after, i
}

// slug makes a catalogue key of a sentence's first words.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words[:min(len(words), 4)], "-")
}

// number groups the digits of large numbers.
func (w words) number(n int) string {
	s := strconv.Itoa(n)
	gap := map[string]string{"en": ",", "ru": "\u00a0"}[w.lang]
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + gap + s[i:]
	}
	return s
}
