// Package vision owns everything that touches pixels and networks: the model runtime, decoding of hostile pictures under
// limits, resampling, and the OCR engine.
//
// In: the model folder that `make models` builds, the bytes of a picture, and tensors. Out: decoded pictures (upright,
// opaque, *image.RGBA with the origin at 0,0), tensors, text boxes and lines. It fails closed: a model or a library that
// is missing or differs from its recorded SHA-256 stops Open with a sentence that names the file; a picture that is not
// a sound JPEG or PNG gives an *ImageError with the code that the person will see. Called by the rooms document and face,
// and by app, which opens the one Runtime of the process.
package vision
