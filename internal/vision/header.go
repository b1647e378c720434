package vision

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
	"image/png"
)

// readJPEGHeader walks the segments up to the first scan. The size is taken from the standard library, so that what is
// checked and what is decoded cannot be two different numbers.
func readJPEGHeader(data []byte) (header, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, badImage(err, "the JPEG header is damaged")
	}
	h := header{width: config.Width, height: config.Height, orientation: 1}
	pixels := h.width * h.height
	h.leastBytes = (h.width / 8) * (h.height / 8) / 8 // a block takes at least one bit
	h.memory = 4 * pixels                             // the result
	for _, s := range jpegSegments(data) {
		switch {
		case s.marker == 0xe1 && bytes.HasPrefix(s.payload, []byte("Exif\x00\x00")):
			h.orientation = exifOrientation(s.payload[6:])
		case s.marker == 0xc0 || s.marker == 0xc1:
			h.memory += samples(s.payload, pixels)
		case s.marker == 0xc2: // progressive: every coefficient waits in memory as an int32 as well
			h.memory += 5 * samples(s.payload, pixels)
		}
	}
	return h, nil
}

// segment is a marker segment of a JPEG file, without its length.
type segment struct {
	marker  byte
	payload []byte
}

// maxSegments bounds the walk; real files have a few dozen.
const maxSegments = 1000

func jpegSegments(data []byte) []segment {
	var segments []segment
	for i := 2; i+4 <= len(data) && len(segments) < maxSegments; {
		if data[i] != 0xff {
			i++ // the standard decoder skips stray bytes too
			continue
		}
		marker := data[i+1]
		if marker == 0xff || marker == 0 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 {
			i++ // fill bytes and markers without a payload
			continue
		}
		n := int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xda || marker == 0xd9 || n < 2 || i+2+n > len(data) {
			break
		}
		segments = append(segments, segment{marker: marker, payload: data[i+4 : i+2+n]})
		i += 2 + n
	}
	return segments
}

// samples adds up the samples of all components of a frame header, subsampling considered.
func samples(frame []byte, pixels int) int {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return 0 // the decoder will refuse it
	}
	most, sum := 1, 0
	for c := range int(frame[5]) {
		hv := frame[6+3*c+1]
		area := int(hv>>4) * int(hv&15)
		most, sum = max(most, area), sum+area
	}
	return pixels * sum / most
}

// readPNGHeader reads IHDR, and walks the chunks for eXIf and the amount of compressed data.
func readPNGHeader(data []byte) (header, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, badImage(err, "the PNG header is damaged")
	}
	h := header{width: config.Width, height: config.Height, orientation: 1}
	if h.width <= 0 || h.height <= 0 || len(data) < 26 {
		return header{}, badImage(nil, "the PNG header is damaged")
	}
	if h.width > (1<<40)/h.height { // keeps the products below within an int
		return h, nil
	}
	bits := int(data[24]) * map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[25]]
	raw := h.width * h.height * bits / 8
	const deflateBest = 1032 // no byte of deflate gives more than 1,032
	h.leastBytes = raw / deflateBest
	h.memory = h.width * h.height * (4 + 8) // RGBA, and at most 16 bits in four channels
	for i := 8; i+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[i:]))
		if n > len(data)-i-12 {
			break
		}
		switch string(data[i+4 : i+8]) {
		case "eXIf":
			h.orientation = exifOrientation(data[i+8 : i+8+n])
		case "IEND":
			return h, nil
		}
		i += 12 + n
	}
	return h, nil
}

// exifOrientation finds tag 0x0112 in the first directory of a TIFF block (EXIF 2.3, 4.6.4). Whatever is odd counts as
// upright, since the pixels themselves may be sound.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		const orientationTag, short = 0x0112, 3
		if order.Uint16(entries) == orientationTag && order.Uint16(entries[2:]) == short && order.Uint32(entries[4:]) == 1 {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}
