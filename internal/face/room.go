package face

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"runtime"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// Models runs the networks; *vision.Runtime is one.
type Models interface {
	Run(ctx context.Context, role string, inputs ...vision.Tensor) ([]vision.Tensor, error)
	Versions() map[string]string
}

// The networks that the room runs.
const (
	roleDetector  = "face-detector"
	roleLandmarks = "face-landmarks"
	roleEmbedder  = "face-embedder"
	roleMesh      = "face-mesh"
	// roleAppearance is only asked where a scenario wants age or gender.
	roleAppearance = "face-age-gender"
)

// Roles lists the models that the room runs.
func Roles() []string {
	return []string{roleDetector, roleLandmarks, roleEmbedder, roleMesh, roleAppearance}
}

// Deps are what a Room is built from.
type Deps struct {
	Models   Models
	Logger   *slog.Logger // nil: silent
	Parallel int          // frames looked at side by side; 0: one a CPU
}

// Room answers questions about faces. All methods may be called from many goroutines.
type Room struct {
	models   Models
	logger   *slog.Logger
	parallel int
	version  string // of embeddings: the network and the way chips are cut
}

// alignment names how chips are cut; a change makes old templates incomparable.
const alignment = "chip-1"

// New makes a Room. It panics on missing models, which is a fault in the program's wiring.
func New(deps Deps) *Room {
	r := &Room{models: deps.Models, logger: deps.Logger, parallel: deps.Parallel}
	if r.logger == nil {
		r.logger = slog.New(slog.DiscardHandler)
	}
	if r.parallel <= 0 {
		r.parallel = runtime.GOMAXPROCS(0)
	}
	r.version = roleEmbedder + ":" + r.models.Versions()[roleEmbedder] + "+" + alignment
	return r
}

// Model names the network and the way of cutting chips that templates come from.
func (r *Room) Model() string { return r.version }

// decode opens a stored picture. A picture that does not open is a fact about
// the picture and comes back as a code; the error is ours alone.
func decode(ctx context.Context, picture []byte) (*image.RGBA, kyc.Code, error) {
	img, err := vision.DecodeContext(ctx, picture, vision.Limits{})
	if fault := (*vision.ImageError)(nil); errors.As(err, &fault) {
		return nil, fault.Code, nil
	}
	return img, "", err
}
