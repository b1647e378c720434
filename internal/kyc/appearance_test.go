package kyc

import (
	"math"
	"testing"
	"time"
)

func sure(title, value string) Field { return Field{Title: title, Value: value, Conf: High} }

func TestBearerIsWhatWasReadForCertain(t *testing.T) {
	t.Parallel()
	bad := false
	for what, spoil := range map[string]func(*Field){
		"medium":       func(f *Field) { f.Conf = Medium },
		"unreadable":   func(f *Field) { f.IsUnreadable = true },
		"modified":     func(f *Field) { f.IsModified = true },
		"contradicted": func(f *Field) { f.IsMismatch = true },
		"wrong digit":  func(f *Field) { f.IsMRZOk = &bad },
		"no date":      func(f *Field) { f.Value = "13.13.1974" },
	} {
		finding := &Finding{OCR: OCR{Fields: []Field{sure("Date of birth", "12.08.1974"), sure("Sex", "f")}}}
		if b := finding.Bearer(); b.Born.Format(time.DateOnly) != "1974-08-12" || b.Sex != "F" {
			t.Fatalf("%+v", b)
		}
		spoil(&finding.OCR.Fields[0])
		if b := finding.Bearer(); !b.Born.IsZero() || b.Sex != "F" {
			t.Errorf("%s: %+v", what, b)
		}
	}
	typed := &Finding{OCR: OCR{Fields: []Field{{Title: "Sex", Value: "M", ReadValue: "F", IsEdited: true, Conf: High}}}}
	if b := typed.Bearer(); b.Sex != "F" {
		t.Errorf("what was typed proves nothing: %+v", b)
	}
}

func TestJudgeAppearance(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	both := Thresholds{AgeTolerance: 25, GenderCertainty: 98}
	born := func(years int) time.Time { return now.AddDate(-years, -6, 0) } // so many and a half
	for what, c := range map[string]struct {
		looks  Appearance
		bearer Bearer
		rules  Thresholds
		want   map[string]Status
	}{
		"both right":                      {Appearance{40, .999}, Bearer{born(35), "M"}, both, map[string]Status{CheckAge: Success, CheckGender: Success}},
		"both wrong":                      {Appearance{65, .001}, Bearer{born(35), "M"}, both, map[string]Status{CheckAge: Failed, CheckGender: Failed}},
		"just within":                     {Appearance{60, .999}, Bearer{born(35), "M"}, both, map[string]Status{CheckAge: Success, CheckGender: Success}},
		"too young":                       {Appearance{9, .999}, Bearer{born(35), "M"}, both, map[string]Status{CheckAge: Failed, CheckGender: Success}},
		"not certain of the gender":       {Appearance{40, .03}, Bearer{born(35), "M"}, both, map[string]Status{CheckAge: Success}},
		"no sex in the document":          {Appearance{40, .01}, Bearer{born(35), ""}, both, map[string]Status{CheckAge: Success}},
		"another sex in the document":     {Appearance{40, .01}, Bearer{born(35), "X"}, both, map[string]Status{CheckAge: Success}},
		"a child's gender":                {Appearance{12, .001}, Bearer{born(12), "M"}, both, map[string]Status{CheckAge: Success}},
		"an old person's gender and age":  {Appearance{40, .001}, Bearer{born(84), "M"}, both, map[string]Status{CheckAge: Success}}, // 45.6 years are tolerated
		"an old person who is far too so": {Appearance{30, .001}, Bearer{born(84), "M"}, both, map[string]Status{CheckAge: Failed}},
		"no birth in the document":        {Appearance{40, .999}, Bearer{Sex: "M"}, both, map[string]Status{}},
		"not born yet":                    {Appearance{40, .999}, Bearer{now.AddDate(1, 0, 0), "M"}, both, map[string]Status{}},
		"only age is asked for":           {Appearance{40, .001}, Bearer{born(35), "M"}, Thresholds{AgeTolerance: 4}, map[string]Status{CheckAge: Failed}},
		"only gender is asked for":        {Appearance{90, .001}, Bearer{born(35), "M"}, Thresholds{GenderCertainty: 98}, map[string]Status{CheckGender: Failed}},
		"nothing is asked for":            {Appearance{90, .001}, Bearer{born(35), "M"}, Thresholds{}, map[string]Status{}},
		"no number":                       {Appearance{math.NaN(), math.NaN()}, Bearer{born(35), "M"}, both, map[string]Status{CheckAge: Failed}},
	} {
		f := &Finding{Appearance: &c.looks, Checks: []CheckGroup{{Caption: GroupFraud, Items: []CheckItem{Passed("isCropped", true)}}}}
		added := f.Judge(c.rules, c.bearer, now)
		got := map[string]Status{}
		for _, item := range f.Checks[0].Items[1:] {
			got[item.Caption] = item.Status
			if item.Value == "" {
				t.Errorf("%s: %s has no value", what, item.Caption)
			}
		}
		if len(f.Checks) != 1 || len(got) != len(c.want) || added != (len(c.want) > 0) || added != f.Judged() || len(f.Proofs) != len(c.want) {
			t.Errorf("%s: %v, added %v, %d proofs; want %v", what, got, added, len(f.Proofs), c.want)
		}
		for caption, want := range c.want {
			if got[caption] != want {
				t.Errorf("%s: %s is %q, want %q", what, caption, got[caption], want)
			}
		}
		if told := len(f.Errors) == 1 && f.Errors[0] == AgeMismatch; told != (c.want[CheckAge] == Failed) {
			t.Errorf("%s: %v", what, f.Errors)
		}
	}
	if f := (&Finding{}); f.Judge(both, Bearer{born(35), "M"}, now) || f.Checks != nil {
		t.Error("a finding without a face was judged")
	}
}

// A soft check's code is as soft as the check.
func TestAgeMismatchIsAsSoftAsItsCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	f := &Finding{Appearance: &Appearance{Age: 70, Male: .999}}
	f.Judge(Thresholds{AgeTolerance: 25}, Bearer{now.AddDate(-30, 0, 0), "M"}, now)
	if hard, soft := f.Verdict(nil), f.Verdict(SoftChecks{CheckAge}); hard != Failed || soft != Suspicious {
		t.Errorf("%s, %s", hard, soft)
	}
	if v := f.Checks[0].Items[0].Value; v != "70" {
		t.Errorf("the value is %q, not the estimated age", v)
	}
}

func TestAppearanceNeedsBothSteps(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		steps  []StepType
		rules  Thresholds
		faults int
	}{
		"both":             {[]StepType{StepDocument, StepSelfie}, Thresholds{AgeTolerance: 25, GenderCertainty: 98}, 0},
		"liveness":         {[]StepType{StepLiveness, StepDocument}, Thresholds{AgeTolerance: 25}, 0},
		"no document":      {[]StepType{StepSelfie}, Thresholds{AgeTolerance: 25, GenderCertainty: 98}, 2},
		"no face":          {[]StepType{StepDocument}, Thresholds{GenderCertainty: 98}, 1},
		"negative":         {[]StepType{StepDocument, StepSelfie}, Thresholds{AgeTolerance: -1, GenderCertainty: -1}, 2},
		"a coin's toss":    {[]StepType{StepDocument, StepSelfie}, Thresholds{GenderCertainty: 50}, 1},
		"never":            {[]StepType{StepDocument, StepSelfie}, Thresholds{GenderCertainty: 100}, 1},
		"more than a life": {[]StepType{StepDocument, StepSelfie}, Thresholds{AgeTolerance: 101}, 1},
		"no number":        {[]StepType{StepDocument, StepSelfie}, Thresholds{AgeTolerance: math.NaN()}, 1},
	} {
		d := Definition{Name: "x", Thresholds: c.rules}
		for _, s := range c.steps {
			d.Steps = append(d.Steps, Step{Type: s})
		}
		d.Normalise()
		if faults := d.Validate(); len(faults) != c.faults {
			t.Errorf("%s: %q", what, faults)
		}
	}
}
