// Package convert opens files that are no JPEG or PNG: PDF documents, whose first
// pages become pictures, and HEIC photographs.
//
// In come the bytes of a file; out come pictures of bounded size, or a sentence
// and a kind of fault (ErrLocked, ErrBroken). Both formats are large, and their
// decoders are written in C++. They run as WebAssembly, which can touch nothing
// but its own memory of at most 256 MB, and that in a process of its own, which
// is started for one file, bounded in memory and processor time, and ended by a
// clock. It gets no file but its input, no environment, and no network: the
// WebAssembly sees no system call at all. Scripts, forms, attachments and links of
// a PDF are never looked at: this build of PDFium has no script engine, and only
// page content is drawn.
//
// The other process is this program itself (Main), started by Converter. Compiling
// PDFium costs seconds; the compiled code is kept in a folder that only this
// installation can write to, so that it happens once.
//
// Package app builds the Converter; cmd/openkyc calls Main.
package convert
