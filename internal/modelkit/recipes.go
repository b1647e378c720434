package modelkit

import "fmt"

// Recipes lists every way to make a model file, by the name that the manifest uses.
func Recipes() map[string]Recipe {
	return map[string]Recipe{
		"copy": copyFile,
	}
}

func copyFile(files [][]byte) ([]byte, error) {
	if len(files) != 1 {
		return nil, fmt.Errorf("the recipe copy takes one source file, got %d", len(files))
	}
	return files[0], nil
}
