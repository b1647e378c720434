package specimen

import "image"

type Face struct{ Seed int64 }

func (f Face) Render(w, h int) *image.RGBA { return image.NewRGBA(image.Rect(0, 0, w, h)) }
