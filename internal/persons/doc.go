// Package persons keeps lists of people by their faces: customers who come
// back, staff, blacklists; and finds one face among all of a list (1:N).
//
// In come pictures or templates with what is noted of somebody, and questions
// whose face this is; out go persons with their pictures, and hits with their
// calibrated percentage. Everything is asked for by a principal, who sees their
// own account's lists and gets one and the same answer for somebody else's and
// for what does not exist. Fields, pictures and templates are sealed, templates
// under a key of their own.
//
// # The index
//
// Templates lie in the database; a search looks through an index in memory that
// every node fills at its start, in pages, and then keeps in step: faces have
// numbers that grow in the order of commits, and what went leaves word in a
// second sequence, so that whoever knows the last number of each has nothing
// more to ask. A search catches up before it looks: what was committed before it
// began is found, on whichever node it was written. Between searches the room
// catches up when it is told of a change, and every two seconds in case it was not.
//
// The index holds the templates of one model. After a change of the model older
// ones stay in the database, are counted (Stale), and are not searched.
//
// # The state machine
//
// When a session is about to end, verify lets Scan look through the index while
// no unit of work is open; in the unit, Recognise compares only what was added
// since, under a lock of the list of clients, and Enrol adds a person who was
// verified. So a scan, however long, keeps nobody from writing, and of two
// sessions of one new face that end at once the second finds the first. A search
// that fails is an error, never an empty answer.
//
// What can fail: pictures without a usable face, limits, an index that is still
// being loaded (kyc.TooMany), and our own troubles. api, dash and verify call
// this package.
package persons
