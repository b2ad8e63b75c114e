package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"tidemark/internal/fault"
)

var (
	red, green = color.NRGBA{R: 255, A: 255}, color.NRGBA{G: 255, A: 255}
	blue, grey = color.NRGBA{B: 255, A: 255}, color.NRGBA{R: 128, G: 128, B: 128, A: 255}
)

// quarters is a wide picture whose middle is red and green above blue and grey.
func quarters() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 96 {
			c := [2][2]color.NRGBA{{red, green}, {blue, grey}}[y/32][x/48]
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func encoded(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, quarters(), &jpeg.Options{Quality: 100}) })
}

// held is a JPEG that says how its camera was held.
func held(t *testing.T, order binary.AppendByteOrder, how uint16) []byte {
	t.Helper()
	tiff := map[bool]string{true: "II", false: "MM"}[order.String() == "LittleEndian"]
	exif := order.AppendUint16([]byte("Exif\x00\x00"+tiff), 42)
	exif = order.AppendUint32(exif, 8)
	exif = order.AppendUint16(exif, 2)
	for _, entry := range [][2]uint16{{0x010f, 7}, {tagTurn, how}} {
		exif = order.AppendUint16(exif, entry[0])
		exif = order.AppendUint16(exif, 3)
		exif = order.AppendUint32(exif, 1)
		exif = order.AppendUint16(exif, entry[1])
		exif = order.AppendUint16(exif, 0)
	}
	plain := asJPEG(t)
	out := append([]byte{}, plain[:2]...)
	out = append(out, 0xff, 0xe0, 0, 4, 1, 2, 0xff, markerApp1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(exif)+2))
	return append(append(out, exif...), plain[2:]...)
}

// corners names the colours of a picture from the left above to the right below.
func corners(t *testing.T, file []byte, side int) string {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, side, side) {
		t.Fatalf("the picture is %v, want %d pixels a side", m.Bounds(), side)
	}
	var out []string
	for _, p := range []image.Point{{side / 4, side / 4}, {side * 3 / 4, side / 4}, {side / 4, side * 3 / 4}, {side * 3 / 4, side * 3 / 4}} {
		r, g, b, _ := m.At(p.X, p.Y).RGBA()
		name := "grey"
		switch {
		case r > 0xe000:
			name = "red"
		case g > 0xe000:
			name = "green"
		case b > 0xe000:
			name = "blue"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestAPictureIsItsMiddleUpright(t *testing.T) {
	t.Parallel()
	const asIs = "red green blue grey"
	files := map[string][]byte{
		"png":  encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters()) }),
		"gif":  encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, quarters(), nil) }),
		"jpeg": asJPEG(t),
	}
	for name, file := range files {
		got, err := Square(file, 32)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c := corners(t, got, 32); c != asIs {
			t.Errorf("%s: the corners are %s, want %s", name, c, asIs)
		}
	}
	turned := []string{
		asIs, "green red grey blue", "grey blue green red", "blue grey red green",
		"red blue green grey", "blue red grey green", "grey green blue red", "green grey red blue",
	}
	for i, want := range turned {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			got, err := Square(held(t, order, uint16(i+1)), 32)
			if err != nil {
				t.Fatal(err)
			}
			if c := corners(t, got, 32); c != want {
				t.Errorf("orientation %d, %s: the corners are %s, want %s", i+1, order, c, want)
			}
		}
	}
}

func TestWhatIsNoPictureOrTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	whole := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters()) })
	wide := bytes.Clone(whole)
	binary.BigEndian.PutUint32(wide[16:], 1<<30) // the head's width; its checksum is wrong now, too
	long := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(image.Rect(0, 0, maxSide+1, 1))) })
	for name, file := range map[string][]byte{
		"nothing": nil, "text": []byte("<svg onload=alert(1)>"), "half": whole[:len(whole)/2], "a false head": wide, "too long": long,
	} {
		if out, err := Square(file, 32); !fault.Is(err, fault.Invalid) || out != nil {
			t.Errorf("%s: %d bytes and %v, want invalid", name, len(out), err)
		}
	}
}

func FuzzSquare(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if how := orientation(file); how < 1 || how > 8 {
			t.Errorf("orientation %d", how)
		}
		if out, err := Square(file, 8); (err == nil) == (len(out) == 0) {
			t.Errorf("%d bytes and %v", len(out), err)
		}
	})
}
