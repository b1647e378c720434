package models_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/models"
)

func TestEmbeddedManifestIsWhole(t *testing.T) {
	t.Parallel()
	m, err := models.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"text-detector", "text-recogniser", "text-recogniser-v3", "text-recogniser-zh", "text-recogniser-cyrillic", "text-recogniser-quick",
		"face-detector", "face-detector-ssd", "face-landmarks", "face-embedder", "face-mesh", "face-age-gender"} {
		if _, ok := m.Model(role); !ok {
			t.Errorf("no model for the role %s", role)
		}
	}
	if _, ok := m.Model("fortune-teller"); ok {
		t.Error("an unknown role has a model")
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		if m.Runtime.Platforms[platform].SHA256 == "" {
			t.Errorf("no runtime library for %s", platform)
		}
	}
}

func TestCardsAreChecked(t *testing.T) {
	t.Parallel()
	port := []models.Port{{Name: "x", Shape: []int64{1}, Type: "float32"}}
	hash := strings.Repeat("0a", 32)
	good := models.Card{Role: "r", File: "r.onnx", SHA256: hash, Input: port, Output: port}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*models.Card){
		"a plain file name":         func(c *models.Card) { c.File = "../r.onnx" },
		`the file "/etc/passwd"`:    func(c *models.Card) { c.Assets = []models.Asset{{File: "/etc/passwd", SHA256: hash}} },
		`the file ""`:               func(c *models.Card) { c.File = "" },
		`the file "..`:              func(c *models.Card) { c.File = ".." },
		`the file "a\\b"`:           func(c *models.Card) { c.File = `a\b` },
		"has no SHA-256":            func(c *models.Card) { c.SHA256 = strings.ToUpper(hash) },
		"lower case) for words.txt": func(c *models.Card) { c.Assets = []models.Asset{{File: "words.txt"}} },
		"at least one input":        func(c *models.Card) { c.Input = nil },
		"and one output":            func(c *models.Card) { c.Output = nil },
	} {
		card := good
		spoil(&card)
		data, err := json.Marshal(card)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := models.ParseCard(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		manifest, err := json.Marshal(models.Manifest{Models: []models.Model{{Card: card}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := models.Parse(manifest); err == nil {
			t.Errorf("the manifest with that card was taken (%s)", want)
		}
	}
	twice, err := json.Marshal(models.Manifest{Models: []models.Model{{Card: good}, {Card: good}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := models.Parse(twice); err == nil || !strings.Contains(err.Error(), `the role "r" twice`) {
		t.Errorf("a role given twice: %v", err)
	}
	for _, text := range []string{"", "{", "[]"} {
		if _, err := models.Parse([]byte(text)); err == nil {
			t.Errorf("the manifest %q was taken", text)
		}
	}
}
