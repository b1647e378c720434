// Package mrz knows the machine readable zone of travel documents by ICAO Doc
// 9303 (eighth edition), parts 3 to 7: formats as data, check digits, dates,
// names, state codes, transliteration, and a decoder that reads a recogniser's
// probabilities under the grammar of a format.
//
// In come lines of text (Parse) or matrices of probabilities (Decoder.Decode);
// out go a Zone with the verdict of every check digit, or a Reading with a score
// for every character. Parse fails on lines of no known shape; nothing else
// fails. The package is pure: no pictures, no models, no clock. Package document
// calls it.
package mrz
