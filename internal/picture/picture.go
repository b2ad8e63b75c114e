// Package picture makes small pictures of what people upload.
package picture

import (
	"bytes"
	"image"
	_ "image/gif"  // a GIF gives its first frame
	_ "image/jpeg" // as cameras write it
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // as browsers write it

	"tidemark/internal/fault"
)

const (
	maxSide   = 8192
	maxPixels = 24 << 20 // so that a small file cannot ask for gigabytes
)

// Square is the middle of a PNG, JPEG, GIF or WebP picture as a PNG of side times side pixels, upright as its camera was
// held, and without anything else that was in the file. What is none, or larger than 8,192 pixels or 24 million in all, is `invalid`.
func Square(file []byte, side int) ([]byte, error) {
	size, kind, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fault.OfField("picture", "format", "must be a PNG, JPEG, GIF or WebP picture")
	}
	if size.Width > maxSide || size.Height > maxSide || size.Width*size.Height > maxPixels {
		return nil, fault.OfField("picture", "max", "may have at most %d pixels a side, and %d million in all", maxSide, maxPixels>>20)
	}
	whole, _, err := image.Decode(bytes.NewReader(file))
	if err != nil || whole.Bounds().Empty() {
		return nil, fault.OfField("picture", "format", "is damaged")
	}
	small := image.NewNRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(small, small.Bounds(), whole, middle(whole.Bounds()), draw.Src, nil)
	if kind == "jpeg" {
		small = upright(small, orientation(file))
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// middle is the largest square in the middle.
func middle(r image.Rectangle) image.Rectangle {
	side := min(r.Dx(), r.Dy())
	at := image.Pt(r.Min.X+(r.Dx()-side)/2, r.Min.Y+(r.Dy()-side)/2)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
}
