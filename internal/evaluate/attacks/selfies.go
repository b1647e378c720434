package attacks

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"text/tabwriter"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// SelfieRoom takes single pictures, too; *face.Room is one.
type SelfieRoom interface {
	Room
	Selfie(ctx context.Context, in kyc.SelfieInput) (*kyc.Finding, error)
}

// SelfieRow tells of one way in which a selfie came after an earlier one: how many
// were taken for what was there before.
type SelfieRow struct {
	Way    string `json:"way"`
	Honest bool   `json:"honest"` // a new picture of the person, or one of somebody else
	Told   Share  `json:"told"`
}

// SelfieReport is what a run of selfies found.
type SelfieReport struct {
	About string        `json:"about"`
	Took  time.Duration `json:"nanoseconds"`
	Rows  []SelfieRow   `json:"rows"`
}

// looksEach is how many new pictures an honest person takes in each way.
const looksEach = 3

// selfieWay is one picture that comes after the first.
type selfieWay struct {
	name   string
	honest bool
	times  int
	take   func(s *selfies) (*image.RGBA, error)
}

// selfieWays are copies of the first picture, one out of the earlier recording, and
// new pictures that nobody should be accused of.
func selfieWays() []selfieWay {
	copied := func(name string, change func(s *selfies, img *image.RGBA) *image.RGBA, quality func(s *selfies) int) selfieWay {
		return selfieWay{name, false, 1, func(s *selfies) (*image.RGBA, error) { return again(change(s, s.first), quality(s)) }}
	}
	same := func(_ *selfies, img *image.RGBA) *image.RGBA { return img }
	fine := func(*selfies) int { return 85 }
	coarse := func(s *selfies) int { return 45 + s.rnd.IntN(30) }
	scaled := func(share float64) func(*selfies, *image.RGBA) *image.RGBA {
		return func(_ *selfies, img *image.RGBA) *image.RGBA {
			return vision.Resize(img, int(share*float64(img.Rect.Dx())), int(share*float64(img.Rect.Dy())))
		}
	}
	return []selfieWay{
		{"the same file", false, 1, func(s *selfies) (*image.RGBA, error) { return s.first, nil }},
		copied("compressed anew, quality 85", same, fine),
		copied("compressed anew, quality 45 to 75", same, coarse),
		copied("scaled to three quarters", scaled(0.75), fine),
		copied("scaled to one and a half", scaled(1.5), fine),
		copied("mirrored", func(_ *selfies, img *image.RGBA) *image.RGBA { return vision.Mirror(img) }, fine),
		copied("made lighter", func(_ *selfies, img *image.RGBA) *image.RGBA { return gamma(img, 0.85) }, fine),
		copied("cropped by 2 to 7 %", (*selfies).cropped, fine),
		copied("cropped, scaled to three quarters, quality 45 to 75", func(s *selfies, img *image.RGBA) *image.RGBA {
			return scaled(0.75)(s, s.cropped(img))
		}, coarse),
		{"out of an earlier liveness recording", false, 1, func(s *selfies) (*image.RGBA, error) { return again(s.still, 85) }},
		{"out of a recording, mirrored", false, 1, func(s *selfies) (*image.RGBA, error) { return again(vision.Mirror(s.still), 85) }},
		{"another day, same place", true, looksEach, func(s *selfies) (*image.RGBA, error) { return s.shoot(s.pose(), newCamera(s.rnd)) }},
		{"another day, same place, camera and distance", true, looksEach, func(s *selfies) (*image.RGBA, error) {
			now := s.pose()
			now.Size = s.rest.Size * (1 + s.sway(0.03))
			return s.shoot(now, s.film)
		}},
		{"again at once, within two degrees", true, looksEach, func(s *selfies) (*image.RGBA, error) { return s.shoot(s.held(1.7, 0.014), s.film) }},
		{"again at once, within half a degree", true, looksEach, func(s *selfies) (*image.RGBA, error) { return s.shoot(s.held(0.5, 0.005), s.film) }},
		{"somebody else, held alike", true, 1, func(s *selfies) (*image.RGBA, error) {
			other := s.rest
			other.Seed = s.attacker.Seed
			return s.shoot(other, s.film)
		}},
	}
}

// selfies is one seed's person with what they sent before.
type selfies struct {
	*stage
	rest  specimen.Face
	film  *camera
	first *image.RGBA // their selfie, as it was stored
	still *image.RGBA // a frame of their recording, likewise
}

// pose is how they hold their head on some day.
func (s *selfies) pose() specimen.Face {
	now := s.victim
	now.Size = 0.5 + 0.14*s.rnd.Float64()
	now.Yaw, now.Pitch, now.Roll, now.Smile = s.sway(3), s.sway(4), s.sway(3), 0.1+0.1*s.rnd.Float64()
	return now
}

// held is how they hold it a moment later, to within so many degrees.
func (s *selfies) held(degrees, size float64) specimen.Face {
	now := s.rest
	now.Yaw, now.Pitch, now.Roll = now.Yaw+s.sway(degrees), now.Pitch+s.sway(degrees), now.Roll+s.sway(degrees)
	now.Size, now.Smile = now.Size*(1+s.sway(size)), 0.1+0.1*s.rnd.Float64()
	return now
}

func (s *selfies) shoot(who specimen.Face, with *camera) (*image.RGBA, error) {
	img := who.Render(frameWidth, frameHeight)
	s.behind.paint(img)
	p, err := with.frame(img)
	if err != nil {
		return nil, err
	}
	return vision.Decode(p.JPEG, vision.Limits{})
}

func (s *selfies) cropped(img *image.RGBA) *image.RGBA {
	return vision.Crop(img, s.part())
}

// Selfies sends a selfie and a recording of drawn people, and then copies and new
// pictures in all ways, and counts which of them are taken for what was there before.
// Of Options it takes First, Seeds, Jobs and Progress.
func Selfies(ctx context.Context, room SelfieRoom, o Options) (*SelfieReport, error) {
	begun, ways := time.Now(), selfieWays()
	told, errs := make([][]int, o.Seeds), make([]error, o.Seeds)
	if err := evaluate.Each(ctx, o.Seeds, o.Jobs, o.Progress, func(i int) {
		told[i], errs[i] = selfiesOf(ctx, room, o.First+int64(i), ways)
	}); err != nil {
		return nil, fmt.Errorf("the selfies were interrupted: %w", err)
	}
	r := &SelfieReport{About: fmt.Sprintf("selfies of drawn people, seeds %d to %d", o.First, o.First+int64(o.Seeds)-1)}
	for w, way := range ways {
		count := 0
		for i := range told {
			if errs[i] != nil {
				return nil, fmt.Errorf("seed %d: %w", o.First+int64(i), errs[i])
			}
			count += told[i][w]
		}
		r.Rows = append(r.Rows, SelfieRow{way.name, way.honest, share(count, o.Seeds*way.times)})
	}
	r.Took = time.Since(begun)
	return r, nil
}

// selfiesOf counts for one person how many pictures of each way are told.
func selfiesOf(ctx context.Context, room SelfieRoom, seed int64, ways []selfieWay) ([]int, error) {
	s, known, err := earlierSelfie(ctx, room, seed)
	if err != nil {
		return nil, err
	}
	out := make([]int, len(ways))
	for i, way := range ways {
		for range way.times {
			img, err := way.take(s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			found, err := send(ctx, room, img, known)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			if found.Seen != nil {
				out[i]++
			}
		}
	}
	return out, nil
}

// earlierSelfie has somebody send a selfie and a recording, and keeps what they are
// recognised by.
func earlierSelfie(ctx context.Context, room SelfieRoom, seed int64) (*selfies, memory, error) {
	st, err := newStage(ctx, room, seed, kyc.LivenessRules{})
	if err != nil {
		return nil, nil, err
	}
	s := &selfies{stage: st}
	s.film, s.rest = newCamera(rand.New(rand.NewPCG(s.rnd.Uint64(), s.rnd.Uint64()))), s.pose() //nolint:gosec // not a secret
	if s.first, err = s.shoot(s.rest, s.film); err != nil {
		return nil, nil, err
	}
	found, err := send(ctx, room, s.first, nil)
	if err != nil {
		return nil, nil, err
	}
	filmed := s.earlier()
	frames, straight := make([]kyc.Picture, len(filmed)), 0
	for i := range filmed {
		if frames[i], err = s.film.frame(filmed[i].img); err != nil {
			return nil, nil, err
		}
		if math.Abs(filmed[i].Yaw) < math.Abs(filmed[straight].Yaw) {
			straight = i
		}
	}
	if s.still, err = vision.Decode(frames[straight].JPEG, vision.Limits{}); err != nil {
		return nil, nil, err
	}
	recorded, err := room.Liveness(ctx, input(s.honest, frames, filmed))
	if err != nil {
		return nil, nil, err
	}
	return s, memory{{"selfie", found.Prints}, {"recording", recorded.Prints}}, nil
}

// send takes a picture the way of the door and has it judged.
func send(ctx context.Context, room SelfieRoom, img *image.RGBA, known memory) (*kyc.Finding, error) {
	file, err := vision.EncodeJPEG(img, storedQuality)
	if err != nil {
		return nil, fmt.Errorf("store a selfie: %w", err)
	}
	return room.Selfie(ctx, kyc.SelfieInput{Picture: kyc.Picture{JPEG: file, Width: img.Rect.Dx(), Height: img.Rect.Dy()}, Seen: known.seen, Now: issued()})
}

// WriteText prints the table.
func (r *SelfieReport) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintf(t, "%s, in %s. Told to have been there before:\n", r.About, r.Took.Round(time.Second)); err != nil {
		return err
	}
	for _, row := range r.Rows {
		kind := "copy"
		if row.Honest {
			kind = "honest"
		}
		if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%d of %d\n", kind, row.Way, row.Told, row.Told.Count, row.Told.Of); err != nil {
			return err
		}
	}
	return t.Flush()
}

// WriteJSON prints the figures as one object.
func (r *SelfieReport) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
