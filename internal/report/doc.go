// Package report writes what was found out as files for people: today a list of
// sessions as one table, CSV or XLSX, inside a ZIP.
//
// In comes a [Source] of session objects that are already cut down to what the
// asker may see; out goes the ZIP, written as it grows. The source is read
// twice: once for the titles of the fields, which become columns, and once for
// the rows. Memory is bounded by one page of the source, whatever the number of
// rows, and nothing is kept on disk: rows are personal data, and a temporary
// file would hold them in clear.
//
// No cell can be taken for a formula by a spreadsheet (S43). What the asker may
// not see stays the words "Access denied".
//
// What can fail: the source, the writer, or a table that is more than a
// spreadsheet takes (kyc.TooLarge). Nothing is written before the first reading
// has ended, so that a caller can still answer with an error. Called by the api
// door through an interface of its own.
package report
