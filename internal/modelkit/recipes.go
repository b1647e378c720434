package modelkit

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/faceapi"
	"github.com/openkyc/openkyc/internal/modelkit/fold"
	"github.com/openkyc/openkyc/internal/modelkit/human"
	"github.com/openkyc/openkyc/internal/modelkit/tesseract"
)

// Recipes lists every way to make a model file, by the name that the manifest uses.
func Recipes() map[string]Recipe {
	return map[string]Recipe{
		"copy": func(files [][]byte) ([]byte, error) {
			if len(files) != 1 {
				return nil, fmt.Errorf("the recipe copy takes one source file, got %d", len(files))
			}
			return files[0], nil
		},
		"fold": func(files [][]byte) ([]byte, error) {
			if len(files) != 1 {
				return nil, fmt.Errorf("the recipe fold takes one source file, got %d", len(files))
			}
			return fold.Fold(files[0])
		},
		"faceapi-age-gender": pair(faceapi.AgeGender),
		"faceapi-embedder":   pair(faceapi.Embedder),
		"faceapi-landmarks":  pair(faceapi.Landmarks),
		"faceapi-detector":   pair(faceapi.Detector),
		"human-detector":     pair(human.Detector),
		"human-mesh":         pair(human.Mesh),
		"tesseract-line": func(files [][]byte) ([]byte, error) {
			if len(files) != 1 {
				return nil, fmt.Errorf("the recipe tesseract-line takes one language file, got %d files", len(files))
			}
			return tesseract.Convert(files[0])
		},
	}
}

// pair adapts a converter that takes a description and a weight file. The weights are the source, the description its
// only companion.
func pair(convert func(description, weights []byte) ([]byte, error)) Recipe {
	return func(files [][]byte) ([]byte, error) {
		if len(files) != 2 {
			return nil, fmt.Errorf("the recipe takes a weight file and its description, got %d files", len(files))
		}
		return convert(files[1], files[0])
	}
}
