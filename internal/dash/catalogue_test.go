package dash

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// forms of plural that a language has for whole numbers (CLDR).
func forms(lang string) []string {
	return map[string][]string{"en": {"one", "other"}, "ru": {"few", "many", "one", "other"}}[lang]
}

func readCatalogue(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	text, err := localeFiles.ReadFile("locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	catalogue := map[string]map[string]string{}
	for key, value := range raw {
		var plain string
		if json.Unmarshal(value, &plain) == nil {
			catalogue[key] = map[string]string{"": plain}
			continue
		}
		var plural map[string]string
		if err := json.Unmarshal(value, &plural); err != nil {
			t.Fatalf("%s: %s: %v", lang, key, err)
		}
		catalogue[key] = plural
	}
	return catalogue
}

func placeholders(text string) string {
	found := regexp.MustCompile(`{{\.\w+}}`).FindAllString(text, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "")
}

func TestCataloguesAreWhole(t *testing.T) {
	t.Parallel()
	english := readCatalogue(t, "en")
	for _, lang := range languages() {
		other := readCatalogue(t, lang)
		for key, texts := range english {
			if other[key] == nil {
				t.Errorf("%s lacks %s", lang, key)
				continue
			}
			if _, plain := texts[""]; !plain {
				for _, form := range forms(lang) {
					if other[key][form] == "" {
						t.Errorf("%s: %s lacks the form %q", lang, key, form)
					}
				}
				continue
			}
			if placeholders(texts[""]) != placeholders(other[key][""]) {
				t.Errorf("%s: %s has other placeholders: %q and %q", lang, key, texts[""], other[key][""])
			}
			if lang == "ru" && strings.TrimSpace(other[key][""]) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
		}
		for key := range other {
			if english[key] == nil {
				t.Errorf("%s has %s, which English lacks", lang, key)
			}
		}
	}
}

// sources parses the package's own files.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal("no sources found", err)
	}
	parsed := map[string]*ast.File{}
	for _, path := range files {
		if !strings.HasSuffix(path, "_test.go") {
			if parsed[path], err = parser.ParseFile(token.NewFileSet(), path, nil, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	return parsed
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
		return "." + f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		text, err := strconv.Unquote(l.Value)
		return text, err == nil
	}
	return "", false
}

// patternsIn lists the patterns that Register mounts.
func patternsIn(t *testing.T, file string) (patterns []string) {
	t.Helper()
	ast.Inspect(sources(t)[file], func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && (called(call) == "d.open" || called(call) == "d.signed") {
			pattern, _ := literal(call.Args[1])
			patterns = append(patterns, pattern)
		}
		return true
	})
	return patterns
}

// TestEveryTextIsInTheCatalogue holds the keys in the code against the
// catalogue, both ways, and finds words that stand in the code itself.
func TestEveryTextIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	english := readCatalogue(t, "en")
	used, prefixes := map[string]bool{}, []string{}
	spoken := map[string]bool{"g.Text": true, "h.Title": true, "h.Alt": true, "h.Placeholder": true, "h.Aria": true, "g.Textf": true}
	names := map[string]bool{"OpenKYC": true, "–": true, " · ": true, " ↔ ": true, " UTC": true, " ": true, ": ": true, "user_123": true}
	for path, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok {
				// A key may be handed on before it is looked up, as those of notices are.
				if text, ok := literal(l); ok && english[text] != nil {
					used[text] = true
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			name := called(call)
			if strings.HasSuffix(name, "v.t") || strings.HasSuffix(name, "v.n") || strings.HasSuffix(name, "v.or") || strings.HasPrefix(name, "w.") {
				if key, ok := literal(call.Args[0]); ok && english[key] == nil {
					t.Errorf("%s: no text for %q", path, key)
				} else if ok {
					used[key] = true
				}
				if sum, ok := call.Args[0].(*ast.BinaryExpr); ok {
					for inner, ok := sum.X.(*ast.BinaryExpr); ok; inner, ok = sum.X.(*ast.BinaryExpr) {
						sum = inner
					}
					if prefix, ok := literal(sum.X); ok {
						prefixes = append(prefixes, prefix)
					}
				}
			}
			if spoken[name] {
				last := call.Args[len(call.Args)-1]
				if text, ok := literal(last); ok && !names[text] && strings.ContainsFunc(text, unicode.IsLetter) && !machine(name, call, text) {
					t.Errorf("%s: %s(%q) is a text outside of the catalogue", path, name, text)
				}
			}
			return true
		})
	}
	prefixes = append(prefixes, "code.", "ocr.", "error.", "said.", "fault.")
	for key := range english {
		if !used[key] && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("nothing uses %q", key)
		}
	}
}

// machine tells attributes that no person reads.
func machine(name string, call *ast.CallExpr, text string) bool {
	first, _ := literal(call.Args[0])
	return name == "h.Aria" && (first == "hidden" || first == "current" || first == "invalid") || strings.HasPrefix(text, "https://shop.example")
}

// TestWordsOfTheLanguage makes sure that whatever kyc can say has a text in
// every language.
func TestWordsOfTheLanguage(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, s := range kyc.Statuses() {
		keys = append(keys, "status."+string(s), "why."+string(s))
	}
	for _, p := range kyc.Permissions() {
		keys = append(keys, "permission."+string(p))
	}
	for _, r := range []kyc.Role{kyc.RoleAdmin, kyc.RoleOwner, kyc.RoleSubordinate} {
		keys = append(keys, "role."+string(r))
	}
	for _, s := range []kyc.StepType{kyc.StepDocument, kyc.StepSelfie, kyc.StepSelfieDocument, kyc.StepLiveness, kyc.StepAddressProof, kyc.StepDatabase, kyc.StepFaces} {
		keys = append(keys, "step."+string(s))
	}
	for _, k := range []kyc.Kind{kyc.Invalid, kyc.Unauthorised, kyc.Forbidden, kyc.NotFound, kyc.Conflict, kyc.TooLarge, kyc.TooMany, kyc.Gone, kyc.Internal} {
		keys = append(keys, "error."+string(k)+".title", "error."+string(k)+".text")
	}
	for _, e := range []string{"session.created", "session.resumed", "session.link", "session.taken-over", "session.final", "step.started", "step.sent", "step.checked", "step.shown", "step.confirmed", "step.excused", "step.retaken", "faces.searched", "client.enrolled", viewed,
		webhook.EventDelivered, webhook.EventFailed, webhook.EventExhausted, webhook.EventReplayed} {
		keys = append(keys, "event."+e)
	}
	for _, c := range strings.Fields("isMRZValid isStampsOk isPrinted isDamaged isOtherObjectsOk isXerocopy isEdited isSignatureOwnerOk isSignatureIssuerOk isDisplay isFieldsModified isCropped isFieldsCorrected isMobile isPhotoApplication isLogicalMismatch isFaceDeepFake isAgeMismatch isEditedSelfie isGenderMismatch isDisplaySelfie isCaptureTrusted") {
		keys = append(keys, "check."+c, "check."+c+".failed")
	}
	english := readCatalogue(t, "en")
	for _, c := range kyc.Codes() {
		keys = append(keys, codeKey(c))
		if got := english[codeKey(c)][""]; got != kyc.Explain(c).Operator {
			t.Errorf("%s is explained as %q, and by the table of kyc as %q", c, got, kyc.Explain(c).Operator)
		}
	}
	for _, key := range keys {
		if english[key] == nil {
			t.Errorf("no text for %q", key)
		}
	}
}

// TestFaultsAreTranslated breaks every rule of a definition: each sentence
// must have a translation with the same numbers in it.
func TestFaultsAreTranslated(t *testing.T) {
	t.Parallel()
	bad := kyc.Definition{Steps: []kyc.Step{{Type: "dance", Attempts: -1}}, SecondsToLive: -1, Callback: kyc.Callback{Mode: "loud", URL: "ftp://x"}, SuccessRedirect: "x",
		Thresholds: kyc.Thresholds{FaceMatch: math.Inf(1), CaptureRisk: 2}, RequireKeyVersion: 9, AllowedOrigins: []string{"x"}, Soft: kyc.SoftChecks{" "},
		Liveness: kyc.LivenessRules{Moves: []kyc.Move{"dance"}, Light: "on"}}
	once := kyc.Definition{Steps: []kyc.Step{{Type: kyc.StepLiveness, Attempts: 1}}, Liveness: kyc.LivenessRules{Light: kyc.LightTry}}
	always := kyc.Definition{Steps: once.Steps, Liveness: kyc.LivenessRules{Light: kyc.LightInsist}}
	none := kyc.Definition{Liveness: kyc.LivenessRules{Light: kyc.LightTry}}
	catalogue, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	numbers := regexp.MustCompile(`\d+`)
	for _, sentence := range slices.Concat(bad.Validate(), once.Validate(), always.Validate(), none.Validate()) {
		for _, lang := range languages() {
			f := catalogue.words(lang).sentences(kyc.ErrInvalid(sentence))[0]
			if lang == "ru" && !strings.ContainsFunc(f.text, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
				t.Errorf("%q is not translated: %q", sentence, f.text)
			}
			_, said, _ := strings.Cut(sentence, ":")
			for _, n := range numbers.FindAllString(said, -1) {
				if !strings.Contains(f.text, n) {
					t.Errorf("%s: %q lost the number %s of %q", lang, f.text, n, sentence)
				}
			}
		}
	}
}

func TestPlurals(t *testing.T) {
	t.Parallel()
	catalogue, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	ru, en := catalogue.words("ru"), catalogue.words("en")
	for n, want := range map[int]string{1: "1 сессия", 2: "2 сессии", 5: "5 сессий", 11: "11 сессий", 21: "21 сессия", 0: "0 сессий"} {
		if got := ru.n("list.total", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if en.n("list.total", 1) != "1 session" || en.n("list.total", 2) != "2 sessions" {
		t.Error("English plurals are wrong")
	}
}

func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	for header, want := range map[string]string{"": "en", "ru-RU,ru;q=0.9,en;q=0.8": "ru", "de,fr": "en", "uk, ru;q=0.5": "ru", "garbage;;;": "en"} {
		a := s.ask("GET", "/dashboard/login", "", nil, setHeader("Accept-Language", header))
		if a.Header().Get("Content-Language") != want {
			t.Errorf("Accept-Language %q gives %s, want %s", header, a.Header().Get("Content-Language"), want)
		}
	}
}

// iconsIn lists the icons that a file names.
func iconsIn(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && called(call) == "icon" {
			if name, ok := literal(call.Args[0]); ok {
				names = append(names, name)
			}
		}
		return true
	})
	return names
}
