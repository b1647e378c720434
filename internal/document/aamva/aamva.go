// Package aamva reads the data that North American driving licences and identity
// cards carry in their PDF417 barcode: AAMVA DL/ID Card Design Standard 2020,
// annex D.
//
// In come the bytes of the barcode; out goes a Record of its data elements. What
// is no such data, or is cut off, is an error that says what is missing. The
// package is pure; package document calls it.
package aamva

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Record is the content of one barcode.
type Record struct {
	Issuer   string            // six digits, the jurisdiction's number
	Version  int               // of the AAMVA standard
	Elements map[string]string // by the element's three letters, trimmed; empty ones are left out
}

// The bounds of what is read; a barcode holds at most about 1,100 bytes of text.
const (
	maxData     = 4096
	maxSubfiles = 16
	header      = 21 // bytes up to the first subfile designator
	designator  = 10 // bytes of one
)

// Parse reads one barcode. The compliance mark "@" and the file type "ANSI " (or
// "AAMVA" of the first cards) must begin it; designators whose offsets are wrong,
// as some jurisdictions print them, are looked for by their type instead.
func Parse(data []byte) (*Record, error) {
	if len(data) > maxData {
		return nil, fmt.Errorf("the barcode holds %d bytes, more than any card", len(data))
	}
	at := bytes.Index(data, []byte("ANSI "))
	if old := bytes.Index(data, []byte("AAMVA")); at < 0 {
		at = old
	}
	if at < 0 || at > 8 || !bytes.HasPrefix(data, []byte("@")) {
		return nil, fmt.Errorf("the barcode does not begin as AAMVA data does")
	}
	data = data[at:]
	if len(data) < header-4 {
		return nil, fmt.Errorf("the barcode's header is cut off")
	}
	r := &Record{Issuer: string(data[5:11]), Elements: map[string]string{}}
	if !digits(r.Issuer) {
		return nil, fmt.Errorf("the issuer in the barcode's header is no number")
	}
	version, err := strconv.Atoi(string(data[11:13]))
	if err != nil {
		return nil, fmt.Errorf("the version in the barcode's header is no number")
	}
	r.Version = version
	place := 13
	if version >= 2 { // version 1 has no number of the jurisdiction's own version
		place = 15
	}
	count, err := strconv.Atoi(string(data[place : place+2]))
	if err != nil || count < 1 || count > maxSubfiles {
		return nil, fmt.Errorf("the barcode says that it has %q parts", data[place:place+2])
	}
	r.subfiles(data, at, place+2, count)
	if len(r.Elements) == 0 {
		return nil, fmt.Errorf("the barcode has no part with a licence or an identity card")
	}
	r.derive()
	return r, nil
}

// subfiles reads those that describe a holder; offsets count from the mark.
func (r *Record) subfiles(data []byte, before, place, count int) {
	for range count {
		if place+designator > len(data) {
			return
		}
		d := data[place : place+designator]
		place += designator
		kind := string(d[:2])
		if kind != "DL" && kind != "ID" && kind != "EN" {
			continue
		}
		from, errFrom := strconv.Atoi(string(d[2:6]))
		length, errLength := strconv.Atoi(string(d[6:10]))
		from -= before
		if errFrom != nil || errLength != nil || from < 0 || from+2 > len(data) || string(data[from:from+2]) != kind {
			found := bytes.Index(data[min(place, len(data)):], []byte(kind))
			if found < 0 {
				continue
			}
			from, length = min(place, len(data))+found, len(data)
		}
		r.elements(data[from+2 : min(from+max(length, 2), len(data))])
	}
}

// elements are separated by line feeds and end with a carriage return.
func (r *Record) elements(data []byte) {
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		text := strings.TrimSpace(string(line))
		if len(text) < 3 || !element(text[:3]) {
			continue
		}
		// A first element may stand behind the type of the subfile once more.
		if text[:2] == "DL" && len(text) > 5 && element(text[2:5]) && text[2] == 'D' {
			text = text[2:]
		}
		if value := strings.TrimSpace(text[3:]); value != "" && r.Elements[text[:3]] == "" {
			r.Elements[text[:3]] = strings.ToValidUTF8(value, "?")
		}
	}
}

func element(id string) bool {
	for _, c := range []byte(id) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return id[0] == 'D' || id[0] == 'Z'
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// The elements that are derived, so that cards of all versions answer alike.
const (
	Surname    = "surname"
	GivenNames = "givenNames"
)

// Country is the element of the country: USA or CAN, left out on the first cards.
const Country = "DCG"

// derive joins the names, which every version splits in another way: DCS and DAC
// with DAD, or DCS and DCT, or all of them in DAA, by commas.
func (r *Record) derive() {
	e := r.Elements
	surname, given := e["DCS"], e["DCT"]
	if surname == "" {
		surname = e["DAB"]
	}
	if first := e["DAC"]; given == "" && first != "" {
		given = first
		if middle := e["DAD"]; middle != "" && !strings.EqualFold(middle, "NONE") {
			given += " " + middle
		}
	}
	if parts := strings.FieldsFunc(e["DAA"], func(c rune) bool { return c == ',' }); surname == "" && len(parts) > 1 {
		surname, given = parts[0], strings.Join(parts[1:], " ")
	}
	for name, value := range map[string]string{Surname: surname, GivenNames: strings.Join(strings.FieldsFunc(given, func(c rune) bool { return c == ',' || c == ' ' }), " ")} {
		if value != "" {
			e[name] = strings.TrimSpace(value)
		}
	}
}
