// Package forgery measures the checks against fraud on the bench of exhibits
// (specimen.Bench) and sets their limits.
//
// In come numbers of seeds; out come a table of what each check catches of each
// trick beside the false alarms that it raises on honest pictures, with Wilson
// intervals, or new limits. Limits follow from honest pictures of the tuning
// seeds alone; the table is made of measuring seeds, which never overlap with
// them. It can fail only when a picture cannot be decoded or its time ends.
//
// The same tables are made of pictures of one's own with labels, which a reader
// looks at (Evaluate): there the whole way of an upload is measured.
//
// On the bench, where page and print stand is known, and shaken by what the
// reader's word is uncertain; so this measures the checks and not the reader.
package forgery
