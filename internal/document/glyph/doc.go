// Package glyph tells characters of OCR-B apart: one at a time, where the line's
// grid says that they stand. The recognisers of text lines have seen all fonts and
// hesitate between a zero and an O, a G and a 6, a filler and a K; this small
// network has seen one font only, and is asked for a second opinion.
//
// In go places in a picture, out come probabilities of the 37 characters of a zone
// (mrz.Alphabet's order). Nothing can fail: a place outside of the picture shows
// its border. Package document calls it; cmd/glyphkit trains it on drawn lines,
// reproducibly, and writes weights.bin.
//
// The network: 20 × 20 pixels of grey (mean 0, deviation 1), a convolution of 8
// kernels 5 × 5, the largest of each 2 × 2, 16 kernels 3 × 3, the largest of each
// 2 × 2, 64 hidden units, 37 classes; ReLU between (LeNet's plan: LeCun and others,
// Gradient-based learning applied to document recognition, 1998).
package glyph
