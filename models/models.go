// Package models carries the list of networks that OpenKYC ships: one card a role, with the SHA-256 of the file of a package
// it comes from and of the file that the build step makes of it, and the same for the ONNX Runtime library.
//
// In: manifest.json, embedded at compile time. Out: a checked Manifest. It fails only when the manifest itself is broken,
// which a test excludes. Called by cmd/modelkit, which builds the files, and by vision, which refuses any other bytes.
package models

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
)

//go:embed manifest.json
var manifestJSON []byte

//go:embed NOTICE
var notice string

// Manifest lists everything that the model folder of an installation holds.
type Manifest struct {
	Runtime Runtime `json:"runtime"`
	Models  []Model `json:"models"`
}

// Runtime is the ONNX Runtime library: one build a platform, all under the same file name.
type Runtime struct {
	Title     string              `json:"title"`
	File      string              `json:"file"`
	Licence   string              `json:"licence"`
	Platforms map[string]Platform `json:"platforms"` // key: GOOS/GOARCH
}

// Platform is the library for one operating system and processor.
type Platform struct {
	SHA256 string `json:"sha256"`
	Source Source `json:"source"`
}

// Model is one role: its card, and how the build step makes the file.
type Model struct {
	Card
	// Recipe names the conversion: "copy" takes the source file as it is, the others are in internal/modelkit.
	Recipe string `json:"recipe"`
}

// Card describes one network to whoever runs it; it lies next to the file as <role>.card.json.
type Card struct {
	Role           string         `json:"role"`
	Title          string         `json:"title"`
	File           string         `json:"file"`
	SHA256         string         `json:"sha256"` // of File, lower-case hexadecimal
	Source         Source         `json:"source"`
	Licence        string         `json:"licence"` // SPDX expression
	Input          []Port         `json:"input"`
	Output         []Port         `json:"output"`
	Preprocessing  string         `json:"preprocessing"`
	Postprocessing string         `json:"postprocessing"`
	Assets         []Asset        `json:"assets,omitempty"` // further files of the role, such as a dictionary
	Extra          map[string]any `json:"extra,omitempty"`
}

// Source is a file inside a package of exactly this version: of npm, or of Debian, whose packages put their files below the
// root of the system.
type Source struct {
	Registry   string       `json:"registry,omitempty"` // "debian", or empty for npm
	Package    string       `json:"package"`
	Version    string       `json:"version"`
	Path       string       `json:"path"`
	SHA256     string       `json:"sha256"`
	Companions []SourceFile `json:"companions,omitempty"` // files of the same package that the recipe reads too
}

// SourceFile is one more file of a source package.
type SourceFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Port is one input or output tensor. A dimension of -1 is free.
type Port struct {
	Name    string  `json:"name"`
	Shape   []int64 `json:"shape"`
	Type    string  `json:"type"`
	Layout  string  `json:"layout,omitempty"`
	Meaning string  `json:"meaning,omitempty"`
}

// Asset is a file that a role needs beside its network.
type Asset struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Source Source `json:"source"`
}

// Debian is the Registry of sources that a Debian package installed.
const Debian = "debian"

// Load returns the embedded manifest.
func Load() (Manifest, error) { return Parse(manifestJSON) }

// Notice returns the licence texts that must travel with the built files.
func Notice() string { return notice }

// Parse reads and checks a manifest: roles and file names are unique and safe to join to a folder, hashes are hashes.
func Parse(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("the model manifest is not valid JSON: %w", err)
	}
	seen := map[string]bool{}
	for _, model := range m.Models {
		if r := model.Source.Registry; r != "" && r != Debian {
			return Manifest{}, fmt.Errorf("the model manifest takes the role %q from the registry %q; known are npm, which is left empty, and %s", model.Role, r, Debian)
		}
		if model.Role == "" || seen[model.Role] {
			return Manifest{}, fmt.Errorf("the model manifest names the role %q twice or leaves it empty", model.Role)
		}
		seen[model.Role] = true
		if err := model.Card.Check(); err != nil {
			return Manifest{}, err
		}
	}
	return m, nil
}

// Model returns the entry of a role.
func (m Manifest) Model(role string) (Model, bool) {
	for _, model := range m.Models {
		if model.Role == role {
			return model, true
		}
	}
	return Model{}, false
}

// ParseCard reads one card, an operator's own for instance, and checks it.
func ParseCard(data []byte) (Card, error) {
	var c Card
	if err := json.Unmarshal(data, &c); err != nil {
		return Card{}, fmt.Errorf("the model card is not valid JSON: %w", err)
	}
	return c, c.Check()
}

// Check reports the first thing that makes a card unusable.
func (c Card) Check() error {
	files := []Asset{{File: c.File, SHA256: c.SHA256}}
	files = append(files, c.Assets...)
	for _, f := range files {
		if !plainName(f.File) {
			return fmt.Errorf("the card of role %q names the file %q; a plain file name without folders is needed", c.Role, f.File)
		}
		if !hexHash(f.SHA256) {
			return fmt.Errorf("the card of role %q has no SHA-256 (64 hexadecimal digits, lower case) for %s", c.Role, f.File)
		}
	}
	if len(c.Input) == 0 || len(c.Output) == 0 {
		return fmt.Errorf("the card of role %q must describe at least one input and one output", c.Role)
	}
	return nil
}

// plainName keeps a card from pointing outside its own folder.
func plainName(name string) bool {
	return name != "" && name == path.Base(name) && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, `/\`)
}

func hexHash(s string) bool {
	ok, err := regexp.MatchString(`^[0-9a-f]{64}$`, s)
	return err == nil && ok
}
