package attacks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// One photo posted again and again goes through the real room and is refused; the
// page shows it. What software turns is the known hole: docs/liveness.md tells of it.
func TestBenchPlays(t *testing.T) {
	t.Parallel()
	models, err := vision.Open(vision.Config{Dir: "../../../bin/models", Roles: face.Roles()})
	if err != nil {
		t.Fatalf("the models are needed, `make models` builds them: %v", err)
	}
	defer models.Close() //nolint:errcheck // only read
	r, err := Run(t.Context(), face.New(face.Deps{Models: models}), Options{First: TuningSeeds, Seeds: 1, Only: []string{"stock photo"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Sessions) != 1 || r.Sessions[0].Passed || !slices.Contains(r.Sessions[0].Codes, kyc.LivenessStill) {
		t.Errorf("%+v", r.Sessions)
	}
	var page strings.Builder
	if err := r.WritePage(&page); err != nil || strings.Count(page.String(), "data:image/jpeg") != fewFrames {
		t.Errorf("%v: the page shows %d frames", err, strings.Count(page.String(), "data:image/jpeg"))
	}
}

// APCER counts attacks that pass, BPCER honest sessions that do not, each layer by itself.
func TestFigures(t *testing.T) {
	t.Parallel()
	r := &Report{About: "a test"}
	for i := range 10 {
		honest := Session{Species: Genuine, Passed: i > 0, Matches: i > 0, Risk: 0.05 * float64(i)}
		if i == 0 {
			honest.Codes = []kyc.Code{kyc.LivenessChallenge}
		}
		attack := Session{Species: "puppet", Kind: Injected, Passed: i < 3, Matches: i < 2, Risk: 0.2 * float64(i)}
		if i >= 3 {
			attack.Codes = []kyc.Code{kyc.LivenessStill}
		}
		r.Sessions = append(r.Sessions, attack, honest)
	}
	rows := r.Rows()
	if len(rows) != 2 || rows[0].Species != Genuine || rows[1].Kind != Injected {
		t.Fatalf("%+v", rows)
	}
	for name, c := range map[string]struct {
		got  Share
		want string
	}{
		"BPCER":                  {rows[0].All, "10 % (2–40)"},
		"BPCER by the layer":     {rows[0].Layers[kyc.LivenessChallenge], "10 % (2–40)"},
		"BPCER by another":       {rows[0].Layers[kyc.LivenessStill], "0 % (0–28)"},
		"APCER":                  {rows[1].All, "30 % (11–60)"},
		"IAPAR":                  {rows[1].Matches, "20 % (6–51)"},
		"APCER by the layer":     {rows[1].Layers[kyc.LivenessStill], "30 % (11–60)"},
		"BPCER at 0.2":           {rows[0].Risk["0.2"], "70 % (40–89)"}, // one was refused before, 0.2 itself is refused
		"BPCER at 0.6":           {rows[0].Risk["0.6"], "10 % (2–40)"},
		"APCER at 0.2":           {rows[1].Risk["0.2"], "10 % (2–40)"},
		"APCER at 0.5":           {rows[1].Risk["0.5"], "30 % (11–60)"},
		"APCER by another layer": {rows[1].Layers[kyc.LivenessChallenge], "100 % (72–100)"},
	} {
		if c.got.String() != c.want {
			t.Errorf("%s is %s, not %s", name, c.got, c.want)
		}
	}
	var text, object strings.Builder
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "still picture") {
		t.Errorf("%v %s", err, text.String())
	}
	if err := r.WriteJSON(&object); err != nil || !json.Valid([]byte(object.String())) {
		t.Errorf("%v %s", err, object.String())
	}
}

// Each seed is its own world and comes out the same again.
func TestActsRepeat(t *testing.T) {
	t.Parallel()
	one, again := &stage{seed: 1, rnd: seeded(1)}, &stage{seed: 1, rnd: seeded(1)}
	moves := []kyc.Move{kyc.MoveCentre, kyc.MoveLeft, kyc.MoveRight}
	one.asked.Moves, again.asked.Moves = moves, moves
	a, b := one.moves(), again.moves()
	if !slices.Equal(a, b) {
		t.Error("one seed acted in two ways")
	}
	most, least := 0.0, 0.0
	for i, now := range a {
		most, least = max(most, now.Yaw), min(least, now.Yaw)
		if i > 0 && (now.at <= a[i-1].at || now.move < a[i-1].move) {
			t.Errorf("instant %d follows %d", now.at, a[i-1].at)
		}
	}
	if most < 20 || least > -20 || a[len(a)-1].move != 2 {
		t.Errorf("turned from %.0f° to %.0f°", least, most)
	}
}

// Whoever sits before a light is lit by it in two frames of each colour, and a
// sheet that is held before it all over, where it is.
func TestLightOnTheBench(t *testing.T) {
	t.Parallel()
	s := &stage{seed: 1, rnd: seeded(1), glow: 0.2}
	s.asked.Moves = []kyc.Move{kyc.MoveCentre, kyc.MoveLight, kyc.MoveLeft, kyc.MoveRight}
	s.asked.Light = []kyc.Colour{kyc.Red, kyc.Cyan, kyc.Blue}
	lit := 0
	var red instant
	for _, now := range s.moves() {
		if (now.move == 1) != (now.colour > 0) || (now.colour > 0) != (now.Light != [3]float64{}) {
			t.Errorf("move %d under colour %d is lit by %v", now.move, now.colour, now.Light)
		}
		if now.colour > 0 {
			lit++
		}
		if now.colour == 1 {
			red = now
		}
	}
	if lit != 6 || red.Light != [3]float64{0.2, 0, 0} {
		t.Errorf("%d frames under three colours, red is %v", lit, red.Light)
	}
	wall := s.wall()
	scene := clone(wall)
	sheet := scene.PixOffset(10, 10)
	copy(scene.Pix[sheet:], []uint8{100, 100, 100})
	s.lightSheet(wall, scene, red)
	if p := scene.Pix[sheet:]; p[0] < 105 || p[1] != 100 || scene.Pix[0] != wall.Pix[0] {
		t.Errorf("the sheet is %v, the wall %v", p[:3], scene.Pix[:3])
	}
}

// A mask follows the face that it is worn on: mapped onto the very same
// landmarks it lies where it was.
func TestMaskFollowsLandmarks(t *testing.T) {
	t.Parallel()
	var points, moved [][2]float64
	for i := range 68 {
		p := [2]float64{100 + float64(i*37%60), 80 + float64(i*53%70)}
		points, moved = append(points, p), append(moved, [2]float64{p[0]*1.2 + 10, p[1] + 5})
	}
	if at := follow([2]float64{123, 111}, points, points); at[0] < 122.9 || at[0] > 123.1 || at[1] < 110.9 || at[1] > 111.1 {
		t.Errorf("at rest it lies at %v", at)
	}
	if at := follow([2]float64{120, 100}, points, moved); at[0] < 153.5 || at[0] > 154.5 || at[1] < 104.5 || at[1] > 105.5 {
		t.Errorf("an affine move is followed to %v", at)
	}
}

func TestRunRefusesUnknownSpecies(t *testing.T) {
	t.Parallel()
	if _, err := Run(t.Context(), nil, Options{Seeds: 1, Only: []string{"magic"}}); err == nil || !strings.Contains(err.Error(), `no attack "magic"`) {
		t.Error(err)
	}
}
