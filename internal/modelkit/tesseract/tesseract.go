// Package tesseract turns the line recogniser of a Tesseract language file into an ONNX file.
//
// In: a "traineddata" container as Tesseract 4 and later ship it, which holds a network (component lstm), its characters
// (lstm-unicharset) and what the network calls them (lstm-recoder). Out: an ONNX file that takes one line of text, grey, and
// answers with the probability of each class at each step, and the characters behind the classes. Weights that the file
// holds as bytes with a scale a row are multiplied out. Fails with a sentence when the file is cut off, or when the
// network has a layer or an order of layers that line recognisers of this kind do not have. Called by the recipes of
// modelkit. The format is described nowhere but in Tesseract's sources (src/ccutil/tessdatamanager, src/lstm); this reader
// was written from what they say, and shares nothing with them.
package tesseract

import (
	"fmt"
	"strings"
)

// The components of a container that a line recogniser needs, by their place in its table.
const (
	partNetwork    = 17
	partCharacters = 21
	partCodes      = 22
	maxParts       = 64
)

// Convert returns the ONNX file of the container's network.
func Convert(container []byte) ([]byte, error) {
	m, err := read(container)
	if err != nil {
		return nil, err
	}
	return m.encode()
}

// Alphabet returns the characters behind the classes of the converted network, class 1 first; class 0 is the CTC blank.
func Alphabet(container []byte) (string, error) {
	m, err := read(container)
	if err != nil {
		return "", err
	}
	return string(m.alphabet), nil
}

// model is a container in memory.
type model struct {
	network  *layer
	alphabet []rune
	classes  []int // class of the result → row of the original's last layer
}

func read(container []byte) (*model, error) {
	parts, err := split(container)
	if err != nil {
		return nil, err
	}
	m := &model{}
	file := &reader{data: parts[partNetwork], what: "network"}
	m.network = file.layer(0)
	file.text() // the layers once more, as a formula
	flags := file.int32()
	file.int32() // the iterations of its training, and the samples it saw
	file.int32()
	blank := file.int32()
	file.bytes(3 * 4) // how it would be trained further
	if err := file.end(); err != nil {
		return nil, err
	}
	if flags&recodes == 0 {
		return nil, fmt.Errorf("the network of the language file names its characters in a way that is not supported (training flags %#x)", flags)
	}
	characters, err := readCharacters(parts[partCharacters])
	if err != nil {
		return nil, err
	}
	codes, err := readCodes(parts[partCodes], len(characters))
	if err != nil {
		return nil, err
	}
	return m, m.name(characters, codes, blank)
}

// recodes is the training flag of networks that call characters by the codes of the recoder.
const recodes = 64

// name finds the character of every class. The original's codes are kept in order, but for the blank, which moves from the
// end to the front, where all recognisers of this program have it.
func (m *model) name(characters []string, codes [][]int, blank int) error {
	named := make([]rune, len(codes)+1)
	for id, code := range codes {
		if len(code) == 1 && code[0] == blank {
			continue // what stands for nothing
		}
		runes := []rune(characters[id])
		if len(code) != 1 || len(runes) != 1 || code[0] >= len(named) || named[code[0]] != 0 {
			return fmt.Errorf("the character %q of the language file has the code %v; one character, one code of its own is supported", characters[id], code)
		}
		named[code[0]] = runes[0]
	}
	m.classes = []int{blank}
	for code, r := range named {
		if r != 0 {
			m.alphabet, m.classes = append(m.alphabet, r), append(m.classes, code)
		}
	}
	if strings.ContainsRune(string(m.alphabet), '\n') || len(m.alphabet) == 0 {
		return fmt.Errorf("the language file has no usable characters")
	}
	return nil
}

// split cuts a container into its components: a table of offsets, then the components in that order.
func split(container []byte) (map[int][]byte, error) {
	r := &reader{data: container, what: "container"}
	n := r.int32()
	if n < 1 || n > maxParts {
		return nil, fmt.Errorf("this is not a language file of Tesseract: it begins with %d components", n)
	}
	offsets := make([]int, n)
	for i := range offsets {
		offsets[i] = r.int64()
	}
	if r.err != nil {
		return nil, r.err
	}
	parts, end := map[int][]byte{}, len(container)
	for i := n - 1; i >= 0; i-- {
		if offsets[i] < 0 {
			continue // not in this file
		}
		if offsets[i] > end {
			return nil, fmt.Errorf("the language file is cut off: component %d begins at byte %d of %d", i, offsets[i], len(container))
		}
		parts[i], end = container[offsets[i]:end], offsets[i]
	}
	for _, i := range []int{partNetwork, partCharacters, partCodes} {
		if parts[i] == nil {
			return nil, fmt.Errorf("the language file lacks component %d, which its line recogniser needs", i)
		}
	}
	return parts, nil
}
