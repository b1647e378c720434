// Package transfer carries a whole installation from one place to another: into
// an archive (backup), out of one (restore), or from one pair of database and
// picture store to another pair of any kind (move).
//
// In come a [Reader], where the installation lies, and a [Writer], where it
// shall lie; [Carry] takes rows table by table and pictures one by one from one
// to the other and proves at the end that both hold the same: counts and
// SHA-256 of every table, and every picture as it was read back. [Source] and
// [Target] are a database with its pictures, [Archive] and [NewArchive] a file.
// Rows and pictures travel as they are stored, that is sealed: nothing is opened
// on the way.
//
// What can fail: a target that is in use or half filled with something else, an
// archive that is cut off or altered, a picture that a row refers to and that is
// not there, a source that changes while it is moved; each is a sentence that
// says what to do. A transfer that was killed is started again in the same way
// and goes on where it was; until it has ended the target carries a mark, and
// the store lets nobody else in. Only app calls this package.
package transfer
