package modelkit

import (
	"fmt"

	"github.com/openkyc/openkyc/models"
)

// Record makes every file once more, without trusting any recorded hash of a result, and returns the manifest with the hashes of what came
// out as indented JSON. It is the maintainer's step after a change of converter; source hashes are still checked, never recorded anew.
func (b *Builder) Record() ([]byte, error) {
	m := b.Manifest
	m.Models = append([]models.Model(nil), m.Models...)
	for i, model := range m.Models {
		recipe, ok := b.Recipes[model.Recipe]
		if !ok {
			return nil, fmt.Errorf("model %s: the recipe %q does not exist", model.Role, model.Recipe)
		}
		data, err := b.make(model.Source, recipe)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", model.Role, err)
		}
		m.Models[i].SHA256 = hashOf(data)
	}
	return encodeJSON(m)
}
