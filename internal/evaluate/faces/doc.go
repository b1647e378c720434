// Package faces measures how well faces are told apart on anybody's pictures, so
// that an operator's threshold is a wished rate of false accepts on people like
// theirs and not a number from somebody's laboratory.
//
// In come a list of pairs, which says of two pictures whether they show one
// person, a folder of the pictures, and a Reader; out goes a Report: the area
// under the ROC curve, the equal error rate, true accepts at wished rates of
// false accepts with the distance that gives them, all with intervals, as text
// and as one HTML page with curves and the worst pairs; and a kyc.FaceCalibration
// that a node takes.
//
// A list that cannot be understood is an error whose sentence says which line to
// mend. A picture that is missing, damaged or shows no face is none: its pairs
// count as not accepted (the generalised rates of ISO/IEC 19795-1) and it is
// listed. The package knows no command line and no engine.
package faces
