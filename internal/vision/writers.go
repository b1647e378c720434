package vision

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// What Writers reads at most, so that a hostile file costs nothing.
const (
	maxWriters    = 8
	maxWriterName = 80 // characters of each
	maxXMP        = 64 << 10
)

// Writers lists the programs that a JPEG or PNG file names as those that wrote it, in the file's own words: EXIF's
// Software (tag 0x0131), XMP's CreatorTool and history, Photoshop's own segments, comments, PNG's Software text. It knows no good and
// bad ones, and reads nothing else of the metadata. Whatever is damaged is left out.
func Writers(file []byte) []string {
	var names []string
	add := func(raw []byte) {
		if name := writerName(raw); name != "" && len(names) < maxWriters {
			names = append(names, name)
		}
	}
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		for _, s := range jpegSegments(file) {
			switch {
			case s.marker == 0xe1 && bytes.HasPrefix(s.payload, []byte("Exif\x00\x00")):
				add(exifSoftware(s.payload[6:]))
			case s.marker == 0xe1 && bytes.HasPrefix(s.payload, []byte("http://ns.adobe.com/xap/1.0/\x00")):
				addXMP(s.payload, add)
			case s.marker == 0xec && bytes.HasPrefix(s.payload, []byte("Ducky")): // its "save for web"
				add([]byte("Photoshop"))
			case s.marker == 0xed && photoshopOwn(s.payload):
				add([]byte("Photoshop"))
			case s.marker == 0xfe:
				add(s.payload)
			}
		}
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		for i := 8; i+12 <= len(file); {
			n := int(binary.BigEndian.Uint32(file[i:]))
			if n < 0 || n > len(file)-i-12 {
				break
			}
			data := file[i+8 : i+8+n]
			switch string(file[i+4 : i+8]) {
			case "tEXt":
				if value, ok := bytes.CutPrefix(data, []byte("Software\x00")); ok {
					add(value)
				}
			case "iTXt":
				if bytes.HasPrefix(data, []byte("XML:com.adobe.xmp\x00")) {
					addXMP(data, add)
				}
			case "eXIf":
				add(exifSoftware(data))
			}
			i += 12 + n
		}
	}
	return names
}

// writerName keeps what can be shown of a name.
func writerName(raw []byte) string {
	raw, _, _ = bytes.Cut(raw[:min(len(raw), 4*maxWriterName)], []byte{0})
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return -1
		}
		return r
	}, string(raw))
	if r := []rune(strings.TrimSpace(name)); len(r) > maxWriterName {
		return string(r[:maxWriterName])
	}
	return strings.TrimSpace(name)
}

// photoshopOwn tells whether image resources (Adobe Photoshop file formats, "image resource blocks") are such as
// Photoshop writes. Captions (0x0404, IPTC) and their digest (0x0425) alone are not: whatever carries captions along
// writes them, be it a social network that leaves its mark there, a program that sorts pictures or one that converts them.
func photoshopOwn(payload []byte) bool {
	_, blocks, ok := bytes.Cut(payload, []byte("Photoshop 3.0\x00"))
	for ok && len(blocks) >= 12 && string(blocks[:4]) == "8BIM" {
		id := binary.BigEndian.Uint16(blocks[4:])
		const captions, digest = 0x0404, 0x0425
		if id != captions && id != digest {
			return true
		}
		name := (int(blocks[6]) + 2) &^ 1 // its length goes with it, and both are padded to be even
		if len(blocks) < 6+name+4 {
			return false
		}
		size := uint64(binary.BigEndian.Uint32(blocks[6+name:]))
		next := uint64(6+name+4) + (size+1)&^1
		if next > uint64(len(blocks)) {
			return false
		}
		blocks = blocks[next:]
	}
	return false
}

// addXMP adds the program that made the picture and those that changed it (XMP specification, part 1, section 8.4, and
// part 2, section 1.2.3).
func addXMP(xmp []byte, add func([]byte)) {
	xmp = xmp[:min(len(xmp), maxXMP)]
	add(xmpValue(xmp, "xmp:CreatorTool"))
	for range 2 * maxWriters { // the end of an element has its name, too, and no value
		add(xmpValue(xmp, "stEvt:softwareAgent"))
		var more bool
		if _, xmp, more = bytes.Cut(xmp, []byte("stEvt:softwareAgent")); !more {
			return
		}
	}
}

// xmpValue finds the first attribute or element of a name.
func xmpValue(xmp []byte, name string) []byte {
	_, rest, ok := bytes.Cut(xmp, []byte(name))
	if !ok || len(rest) < 2 {
		return nil
	}
	rest = bytes.TrimLeft(rest, " =")
	if len(rest) < 2 {
		return nil
	}
	end := map[byte]byte{'"': '"', '\'': '\'', '>': '<'}[rest[0]]
	value, _, ok := bytes.Cut(rest[1:], []byte{end})
	if !ok || end == 0 {
		return nil
	}
	return value
}

// exifSoftware finds tag 0x0131 in the first directory of a TIFF block (EXIF 2.3, 4.6.4), nil when there is none.
func exifSoftware(tiff []byte) []byte {
	if len(tiff) < 8 {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return nil
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return nil
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return nil
		}
		const softwareTag, ascii = 0x0131, 2
		if order.Uint16(entries) == softwareTag && order.Uint16(entries[2:]) == ascii {
			n, from := uint64(order.Uint32(entries[4:])), uint64(order.Uint32(entries[8:]))
			if n <= 4 {
				return entries[8 : 8+n]
			}
			if from+n > uint64(len(tiff)) {
				return nil
			}
			return tiff[from : from+n]
		}
		entries = entries[12:]
	}
	return nil
}
