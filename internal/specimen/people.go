package specimen

import (
	"math/rand/v2"
	"strings"
	"time"
)

// Sample invents a holder and a valid document for the seed, as of today.
// Names, places and offices exist in Utopia only.
func Sample(format Format, seed int64, today time.Time) Passport {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x70656f70))
	sex := pick(rnd, "F M")
	given := pick(rnd, "Adalia Bremia Corilla Döra Elvane Fiorna Gisèna Halka Ilvy Jonneke Kaelin Lørna Miravel Nadéja Ottilka Zoëlle")
	if sex == "M" {
		given = pick(rnd, "Aldric Borvan Caspen Dovrin Elmar Fénard Gorvin Haldor Ilvar Jorund Kelvan Lórik Marvek Nestan Øldar Zorvan")
	}
	if rnd.IntN(3) > 0 {
		given += " " + pick(rnd, "Ame Brin Cal Dey Eska Faro Gale Hale Iven Jaro Kest Lumen Mira Noor Orla Vale")
	}
	surname := pick(rnd, "Almervik Brandovar Cestrello Drummel Ehrenwald-Pask Fjordane Grünhaven Hollowmere Iskandel Jarnvik Kestrivane "+
		"Lindqvarn Morvayne O'Sprell Pellegrane Quillmark Rosmarek Sølvane Thornebury Uvarek Vintermoor Wexelhaus Ystrella Zamborski")
	if rnd.IntN(6) == 0 {
		surname += " " + pick(rnd, "Ardell Bexley-Ume Corvale Delmarsh Esterwyn")
	}
	p := Passport{
		Format: format, Surname: surname, GivenNames: given, Sex: sex, Seed: seed,
		Number:       code(rnd, "A0AAAAA00", 9),
		PlaceOfBirth: pick(rnd, "Zenith Amaurot Anyder Mentir Abraxa Selvaport Tallstrand"),
		Authority:    pick(rnd, "Amaurot Zenith Anyder") + " Office",
		BirthDate:    midnight(today).AddDate(-19-rnd.IntN(60), 0, -1-rnd.IntN(365)),
	}
	p.Issued = midnight(today).AddDate(-1-rnd.IntN(7), 0, -rnd.IntN(300))
	p.ExpiryDate = p.Issued.AddDate(10, 0, -1)
	if format == TD3 && rnd.IntN(2) == 0 {
		p.PersonalNumber = code(rnd, "AA0000000A", 10)
	}
	return p
}

func pick(rnd *rand.Rand, words string) string {
	list := strings.Fields(words)
	return list[rnd.IntN(len(list))]
}

// code follows a pattern of letters (A) and digits (0); in place of a letter a
// digit may stand, as in real document numbers. I and O are not used.
func code(rnd *rand.Rand, pattern string, n int) string {
	const letters, digits = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
	out := make([]byte, n)
	for i := range out {
		if pattern[i] == 'A' && (i == 0 || rnd.IntN(3) == 0) {
			out[i] = letters[rnd.IntN(len(letters))]
		} else {
			out[i] = digits[rnd.IntN(len(digits))]
		}
	}
	return string(out)
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
