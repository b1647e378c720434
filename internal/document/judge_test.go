package document

import (
	"math"
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/document/mrz"
)

// reading makes one of ICAO's example with every character as sure as given.
func reading(t *testing.T, lower string, sure float64) *mrz.Reading {
	t.Helper()
	z, err := mrz.Parse([]string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", lower})
	if err != nil {
		t.Fatal(err)
	}
	r := &mrz.Reading{Zone: z}
	for range z.Lines {
		line := make([]mrz.Char, 44)
		for i := range line {
			line[i] = mrz.Char{P: sure, Other: 1 - sure, Alt: 'X', Step: 4 * i}
		}
		r.Chars = append(r.Chars, line)
	}
	return r
}

const (
	good = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
	bad  = "L898902C36UTO7408123F1204159ZE184226B<<<<<10"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		make   func() *mrz.Reading
		want   outcome
		places []doubt
	}{
		{"clear", func() *mrz.Reading { return reading(t, good, 0.97) }, read, nil},
		{"not a zone", func() *mrz.Reading { return reading(t, good, 0.2) }, absent, nil},
		{"a weak letter in a name, which no digit guards", func() *mrz.Reading {
			r := reading(t, good, 0.97)
			r.Chars[0][6] = mrz.Char{P: 0.6, Other: 0.35, Alt: 'B', Step: 24}
			return r
		}, uncertain, []doubt{{0, 6, mrz.Names}}},
		{"the same under a digit that is right", func() *mrz.Reading {
			r := reading(t, good, 0.97)
			r.Chars[1][2] = mrz.Char{P: 0.6, Other: 0.35, Alt: '8', Step: 8}
			return r
		}, read, nil},
		{"a zero or an O, where digits decide", func() *mrz.Reading {
			r := reading(t, good, 0.97)
			r.Chars[1][5] = mrz.Char{P: 0.3, Other: 0.65, Alt: 'O', Step: 20}
			return r
		}, read, nil},
		{"two O's that could be zeros: weights 7 and 3 leave the digit as it is", func() *mrz.Reading {
			r := reading(t, "LO9O002C39UTO7408122F1204159ZE184226B<<<<<14", 0.97)
			r.Chars[1][1] = mrz.Char{P: 0.8, Other: 0.2, Alt: '0', Step: 4}
			r.Chars[1][3] = mrz.Char{P: 0.8, Other: 0.2, Alt: '0', Step: 12}
			return r
		}, uncertain, []doubt{{1, 1, mrz.Number}, {1, 3, mrz.Number}}},
		{"two clear zeros", func() *mrz.Reading {
			r := reading(t, "L090002C39UTO7408122F1204159ZE184226B<<<<<14", 0.97)
			r.Chars[1][1] = mrz.Char{P: 0.8, Other: 0.2, Alt: 'O', Step: 4}
			r.Chars[1][3] = mrz.Char{P: 0.8, Other: 0.2, Alt: 'O', Step: 12}
			return r
		}, read, nil},
		{"a six or a G, whose values the digit does not tell apart", func() *mrz.Reading {
			r := reading(t, good, 0.97)
			r.Chars[1][35] = mrz.Char{P: 0.6, Other: 0.35, Alt: 'G', Step: 140}
			return r
		}, uncertain, []doubt{{1, 35, mrz.Optional}}},
		{"another pair is not decided against the eye", func() *mrz.Reading {
			r := reading(t, good, 0.97)
			r.Chars[1][5] = mrz.Char{P: 0.3, Other: 0.65, Alt: '8', Step: 20}
			return r
		}, uncertain, []doubt{{1, 5, mrz.Number}}},
		{"a letter swallowed between two", func() *mrz.Reading {
			r := reading(t, good, 0.97)
			for i := 8; i < 44; i++ {
				r.Chars[0][i].Step += 4
			}
			return r
		}, uncertain, []doubt{{0, 8, mrz.Names}}},
		{"a digit clearly printed wrong stays", func() *mrz.Reading {
			r := reading(t, bad, 0.97)
			r.Enforced, r.Cost = reading(t, good, 0.97), 9
			return r
		}, read, nil},
		{"wrong without a choice that is right", func() *mrz.Reading {
			r := reading(t, bad, 0.97)
			r.Cost = math.Inf(1)
			return r
		}, read, nil},
		{"neither clear nor cheap", func() *mrz.Reading {
			r := reading(t, bad, 0.97)
			r.Enforced, r.Cost = reading(t, good, 0.97), 5
			return r
		}, uncertain, []doubt{{1, 19, mrz.BirthDate}}},
	} {
		r := c.make()
		kept, got, doubts := judge(r)
		if got != c.want || !slices.Equal(doubts, c.places) {
			t.Errorf("%s: outcome %v, doubts %v", c.name, got, doubts)
		}
		if kept != r {
			t.Errorf("%s: another zone than the printed one was kept", c.name)
		}
	}
}

func TestJudgeTakesDigitsAtTheirWordOnlyInDoubt(t *testing.T) {
	t.Parallel()
	r := reading(t, bad, 0.97)
	r.Enforced, r.Cost = reading(t, good, 0.97), 1
	if kept, _, _ := judge(r); kept != r.Enforced {
		t.Error("the reading that fits the digits, and the picture nearly as well, was not kept")
	}
}

func TestTwinsDifferUnderEveryWeight(t *testing.T) {
	t.Parallel()
	for _, pair := range []string{"0O", "1I"} {
		for _, lead := range []string{"", "0", "00"} {
			if mrz.CheckDigit(lead+pair[:1]) == mrz.CheckDigit(lead+pair[1:]) {
				t.Errorf("%s after %q", pair, lead)
			}
		}
	}
}
