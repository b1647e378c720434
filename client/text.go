package client

// States of reading a raw key by bytes: UTF-8 by table 3-7 of the Unicode
// standard, without the control characters (U+0000 to U+001F, U+007F to U+009F).
// The lower four bits are left to the class of the next byte.
const (
	textWhole = iota << 4 // at the end of a character
	textFault             // for good
	text1                 // one more byte follows, or two, or three
	text2
	text3
	textC2 // behind this byte: the next one has a narrower range
	textE0
	textED
	textF0
	textF4
)

// Classes of bytes that no state tells apart.
const (
	classPlain = iota // U+0020 to U+007E
	class80           // to 8F
	class90           // to 9F
	classA0           // to BF
	classC2           // alone
	classC3           // to DF
	classE0           // alone
	classE1           // to EC, EE and EF
	classED           // alone
	classF0           // alone
	classF1           // to F3
	classF4           // alone
	classNever        // control characters, and what UTF-8 has nowhere
)

// textClasses has the class of each byte, and textSteps the state behind a state
// and a class. Looking up costs the same for every text; branching would not.
//
//nolint:gochecknoglobals // constants in all but name
var (
	textClasses = classesOfBytes()
	textSteps   = stepsOfText()
)

func classesOfBytes() (classes [256]byte) {
	for b := range classes {
		classes[b] = classNever
	}
	for _, r := range []struct{ class, from, to byte }{
		{classPlain, 0x20, 0x7E}, {class80, 0x80, 0x8F}, {class90, 0x90, 0x9F}, {classA0, 0xA0, 0xBF},
		{classC2, 0xC2, 0xC2}, {classC3, 0xC3, 0xDF}, {classE0, 0xE0, 0xE0}, {classE1, 0xE1, 0xEF},
		{classED, 0xED, 0xED}, {classF0, 0xF0, 0xF0}, {classF1, 0xF1, 0xF3}, {classF4, 0xF4, 0xF4},
	} {
		for b := int(r.from); b <= int(r.to); b++ {
			classes[b] = r.class
		}
	}
	return classes
}

func stepsOfText() (steps [256]byte) {
	for i := range steps {
		steps[i] = textFault
	}
	for class, next := range map[int]byte{classPlain: textWhole, classC2: textC2, classC3: text1, classE0: textE0,
		classE1: text2, classED: textED, classF0: textF0, classF1: text3, classF4: textF4} {
		steps[textWhole|class] = next
	}
	for _, class := range []int{class80, class90, classA0} {
		steps[text1|class], steps[text2|class], steps[text3|class] = textWhole, text1, text2
	}
	steps[textC2|classA0] = textWhole                           // before: control characters
	steps[textE0|classA0] = text1                               // before: would have been shorter
	steps[textED|class80], steps[textED|class90] = text1, text1 // behind: surrogates
	steps[textF0|class90], steps[textF0|classA0] = text2, text2 // before: would have been shorter
	steps[textF4|class80] = text2                               // behind: above U+10FFFF
	return steps
}
