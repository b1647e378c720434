package specimen

import (
	"bytes"
	"encoding/binary"
)

// marks are the segments that whoever wrote a JPEG file puts before its pixels.
type marks [][]byte

// phoneMarks are those of a telephone's camera, which names its own system. Behind it
// stand the empty captions of an image resource and their digest, as programs
// leave them that carry captions along and change nothing.
func phoneMarks() marks {
	return marks{exif("Utopia Mobile", "U-7", "U-7 14.2.1"), segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x00"+
		"8BIM\x04\x25\x00\x00\x00\x00\x00\x10\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e")}
}

// editors are the marks of programs that change pictures.
func editors() []marks {
	return []marks{
		{exif("Utopia Mobile", "U-7", "Adobe Photoshop 25.4 (Windows)"), segment(0xed, "Photoshop 3.0\x008BIM\x04\x06\x00\x00\x00\x00\x00\x07\x00\x0c\x00\x00\x00\x01\x00\x00")},
		{exif("", "", "GIMP 2.10.34")},
		{segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><rdf:Description xmp:CreatorTool=\"Adobe Photoshop 25.4\" photoshop:History=\"\"/></x:xmpmeta>")},
		{exif("Utopia Mobile", "U-7", "PicsArt")},
		{segment(0xfe, "CREATOR: gd-jpeg v1.0 (using IJG JPEG v80), quality = 90\n")},
	}
}

func segment(kind byte, payload string) []byte {
	out := []byte{0xff, kind, 0, 0}
	binary.BigEndian.PutUint16(out[2:], uint16(len(payload)+2))
	return append(out, payload...)
}

// exif is an APP1 segment with maker, model and software (EXIF 2.3, section 4.6.4).
func exif(maker, model, software string) []byte {
	type entry struct {
		tag  uint16
		text string
	}
	var entries []entry
	for _, e := range []entry{{0x010f, maker}, {0x0110, model}, {0x0131, software}} {
		if e.text != "" {
			entries = append(entries, e)
		}
	}
	var head, data bytes.Buffer
	start := 8 + 2 + 12*len(entries) + 4
	put := func(v any) { _ = binary.Write(&head, binary.BigEndian, v) }
	head.WriteString("MM\x00*")
	put(uint32(8))
	put(uint16(len(entries)))
	for _, e := range entries {
		text := e.text + "\x00\x00\x00\x00" // longer than what fits into the entry itself
		put(e.tag)
		put(uint16(2))
		put(uint32(len(text)))
		put(uint32(start + data.Len()))
		data.WriteString(text)
	}
	put(uint32(0))
	return segment(0xe1, "Exif\x00\x00"+head.String()+data.String())
}

// marked puts the segments behind a JPEG file's first two bytes.
func marked(file []byte, m marks) []byte {
	out := append([]byte{}, file[:2]...)
	for _, s := range m {
		out = append(out, s...)
	}
	return append(out, file[2:]...)
}
