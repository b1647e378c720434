// Package types holds the kinds of document that the room reads, as data: one
// YAML file says how a document is recognised, which fields are printed on it
// and by which captions or at which place, in which alphabet and form, and what
// must hold between them.
//
// In come the files embedded here and those of an operator's folder (Open); out
// goes a Catalogue of Types, and readers of single values (Grammar.Read,
// Caption.Find). A file that is not understood is an error that names file,
// line, and what to do; nothing is guessed and no key is ignored. The package is
// pure: no pictures, no models, no clock. Package document and the command
// `openkyc document` call it.
package types
