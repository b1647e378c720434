// Package ages measures how far the estimates of age and gender are off on
// anybody's pictures, so that an operator's tolerance rests on people like theirs.
//
// In come a list that says of each picture how old the person was on it and of
// which sex, a folder of the pictures, and a Reader; out goes a Report: mean
// absolute error and bias by band of age and by sex, the shares that a scenario's
// tolerance would have refused wrongly, and the tolerance for a wished share, with
// intervals, as text and JSON.
//
// A list that cannot be understood is an error whose sentence says which line to
// mend. A picture that is missing, damaged or shows no face is none: it is counted
// apart and named. The package knows no command line and no engine.
package ages
