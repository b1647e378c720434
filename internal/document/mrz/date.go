package mrz

import (
	"fmt"
	"strconv"
	"time"
)

// Date of the zone. A part that is unknown ('<<') is 0; so is the year of a date
// that is unknown as a whole.
type Date struct{ Year, Month, Day int }

// Known tells that year, month and day are all there.
func (d Date) Known() bool { return d.Year > 0 && d.Month > 0 && d.Day > 0 }

// Time is midnight UTC of a known date.
func (d Date) Time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// String writes DD.MM.YYYY, with 00 for parts that are unknown.
func (d Date) String() string { return fmt.Sprintf("%02d.%02d.%04d", d.Day, d.Month, d.Year) }

// Birth reads YYMMDD as a date of birth: the latest century in which that day is
// not after now. Unknown parts are legal, impossible dates are errors.
func Birth(code string, now time.Time) (Date, error) {
	return century(code, func(d Date) bool {
		return time.Date(d.Year, time.Month(max(d.Month, 1)), max(d.Day, 1), 0, 0, 0, 0, time.UTC).After(now)
	}, now.Year()/100*100)
}

// Expiry reads YYMMDD as the end of validity: the century that puts it within
// fifty years of now, since no document is valid for longer.
func Expiry(code string, now time.Time) (Date, error) {
	return century(code, func(d Date) bool { return d.Year > now.Year()+50 }, (now.Year()+50)/100*100)
}

// century reads the parts and goes a hundred years back while the date is too late.
func century(code string, late func(Date) bool, base int) (Date, error) {
	year, month, day, err := parts(code)
	if err != nil || year < 0 {
		return Date{}, err
	}
	d := Date{base + year, month, day}
	if late(d) {
		d.Year -= 100
	}
	if d.Known() && d.Time().Day() != d.Day {
		return Date{}, fmt.Errorf("there is no day %s", d)
	}
	return d, nil
}

// parts reads year (-1 when unknown), month and day (0 when unknown).
func parts(code string) (year, month, day int, err error) {
	if len(code) != 6 {
		return -1, 0, 0, fmt.Errorf("a date has six characters, %q has %d", code, len(code))
	}
	if year, err = part(code[:2], 0, 99, -1); err != nil {
		return -1, 0, 0, err
	}
	if month, err = part(code[2:4], 1, 12, 0); err != nil {
		return -1, 0, 0, err
	}
	if day, err = part(code[4:], 1, 31, 0); err != nil {
		return -1, 0, 0, err
	}
	return year, month, day, nil
}

func part(s string, least, most, unknown int) (int, error) {
	if s == "<<" {
		return unknown, nil
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || int(n) < least || int(n) > most {
		return 0, fmt.Errorf("%q is not a part of a date between %02d and %02d", s, least, most)
	}
	return int(n), nil
}
