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
	p.national(rnd)
	return p
}

// national gives documents of national formats what those ask for.
func (p *Passport) national(rnd *rand.Rand) {
	switch p.Format {
	case RUSID:
		// Letters that the zone writes by digits are frequent in these.
		p.GivenNames = pick(rnd, "Юлия Эльмира Ягода Жечна Щурена") + " " + pick(rnd, "Чеславовна Бьёрновна Юрьевна Яшевна")
		p.Surname = pick(rnd, "Щёголева Юзжина Эльбова Яцеркова Чижмарова Объездова Хвыля")
		if p.Sex == "M" {
			p.GivenNames = pick(rnd, "Юрвен Эльдар Яшмир Жечко Щурен") + " " + pick(rnd, "Чеславич Бьёрнович Юрьевич Яшевич")
			p.Surname = pick(rnd, "Щёголь Юзжин Эльбов Яцерков Чижмаров Объездов Хвылин")
		}
		p.Number, p.PersonalNumber = code(rnd, "9000000000", 10), code(rnd, "900000", 6)
		p.Nationality, p.IssuingState = "RUS", "RUS"
	case FRAID:
		p.Number, p.PersonalNumber = p.Issued.Format("0601")+code(rnd, "90000000", 8), code(rnd, "900000", 6)
	case CHEDL:
		p.Number, p.PersonalNumber = code(rnd, "A00", 3)+code(rnd, "900", 3)+pick(rnd, "D F I R"), code(rnd, "900000000000", 12)
	case FRADL:
		p.Number = code(rnd, "90AA00000", 9)
	case TD1, TD2, TD3, MRVA, MRVB:
	}
}

func pick(rnd *rand.Rand, words string) string {
	list := strings.Fields(words)
	return list[rnd.IntN(len(list))]
}

// code follows a pattern of letters (A) and digits (0, 9); in place of a letter a
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

// epoch is the day of specimens whose dates do not matter.
func epoch() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
