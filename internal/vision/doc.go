// Package vision owns everything that touches pixels and networks: the model runtime, decoding of hostile pictures under
// limits, resampling, and the OCR engine.
//
// In: the model folder that `make models` builds, the bytes of a picture, and tensors. Out: decoded pictures (upright,
// opaque, *image.RGBA with the origin at 0,0), tensors, text boxes and lines. It fails closed: a model or a library that
// is missing or differs from its recorded SHA-256 stops Open with a sentence that names the file; a picture that is not
// a sound JPEG or PNG gives an *ImageError with the code that the person will see. Called by the rooms document and face,
// and by app, which opens the one Runtime of the process.
//
// Costs of CPU time, one core, by `go test -bench . ./internal/vision`: text detector on a page of 1,250 × 880 pixels 390 ms
// (220 ms at 960 pixels), a machine-readable line of 44 characters 105 ms, 12 megapixels to 1,280 pixels 85 ms (the bilinear
// scaler of golang.org/x/image needs 280 ms), boxes out of the detector's map 4 ms.
package vision
