package app

import (
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/vision"
)

// AttackedRoom is the liveness room outside of any installation, with the
// engine that serves persons.
type AttackedRoom struct {
	*face.Room

	runtime *vision.Runtime
}

// OpenAttackedRoom loads the models; models is their folder, empty for the one
// beside the program. jobs is how many networks may run at one time.
func OpenAttackedRoom(models string, jobs int) (*AttackedRoom, error) {
	runtime, err := vision.Open(vision.Config{Dir: models, Roles: face.Roles(), Concurrency: jobs, Idle: -1})
	if err != nil {
		return nil, err
	}
	return &AttackedRoom{face.New(face.Deps{Models: runtime, Parallel: 1}), runtime}, nil
}

// Close frees the models.
func (a *AttackedRoom) Close() error { return a.runtime.Close() }
