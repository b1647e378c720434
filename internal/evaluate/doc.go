// Package evaluate measures how well machine readable zones are read.
//
// In come a truth file, which says what is printed on each picture of a folder,
// and a Reader; out goes a Report: how many zones were found, read exactly,
// accepted, and accepted although wrong, per format and per difficulty, as text
// and as one HTML page with every miss.
//
// A truth file that cannot be understood is an error whose sentence says what to
// mend. A picture that is missing, damaged or makes the reader fail is none: it
// counts as a miss and is listed. The package knows no command line and no
// engine; package app brings the document room, and the peers that stand beside
// it in one run are Readers too. What all measuring needs, side by side work, lists
// and intervals, stands here for the packages below.
package evaluate
