package vision

import (
	"fmt"
	"os"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// environment counts the Runtimes that share ONNX Runtime's process-wide state.
//
// The library keeps one environment a process, so this is the one piece of state that cannot live in a Runtime:
// a second Open must join it and only the last Close may tear it down.
type environment struct {
	mu    sync.Mutex
	users int
}

//nolint:gochecknoglobals // mirrors the library's own process-wide state, see the type.
var process environment

// join loads the library on first use. The caller has verified the file at path against its recorded hash.
func (e *environment) join(path string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users == 0 {
		// The official library for Linux has an uploader of usage data that starts together with the environment,
		// before anybody can ask it to stop: it writes a device id and calls its maker. Only this keeps it from being made.
		if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
			return fmt.Errorf("switch telemetry off: %w", err)
		}
		ort.SetSharedLibraryPath(path)
		if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
			return fmt.Errorf("the runtime library %s does not load on this machine: %w", path, err)
		}
		if err := ort.DisableTelemetry(); err != nil {
			_ = ort.DestroyEnvironment()
			return fmt.Errorf("the runtime library %s refuses to switch telemetry off: %w", path, err)
		}
	}
	e.users++
	return nil
}

// leave gives one use back and unloads the library after the last one.
func (e *environment) leave() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users--; e.users > 0 {
		return nil
	}
	if err := ort.DestroyEnvironment(); err != nil {
		return fmt.Errorf("close the runtime library: %w", err)
	}
	return nil
}
