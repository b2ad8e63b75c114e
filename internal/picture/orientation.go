package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

const (
	markerStart = 0xd8 // of the file
	markerScan  = 0xda // the picture itself: nothing about it follows
	markerApp1  = 0xe1
	tagTurn     = 0x0112
)

// orientation is how a camera was held, from 1 to 8, as Exif 2.32 4.6.4 has it; 1 where a JPEG does not say.
func orientation(file []byte) int {
	if len(file) < 2 || file[0] != 0xff || file[1] != markerStart {
		return 1
	}
	for rest := file[2:]; len(rest) >= 4 && rest[0] == 0xff && rest[1] != markerScan; {
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < 2 || n+2 > len(rest) {
			return 1
		}
		if exif, is := bytes.CutPrefix(rest[4:n+2], []byte("Exif\x00\x00")); is && rest[1] == markerApp1 {
			return turn(exif)
		}
		rest = rest[n+2:]
	}
	return 1
}

// turn reads the tag out of the first directory of a TIFF head.
func turn(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == tagTurn {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns and mirrors a square, so that it stands as the camera saw it.
func upright(in *image.NRGBA, how int) *image.NRGBA {
	if how == 1 {
		return in
	}
	last := in.Bounds().Dx() - 1
	from := func(x, y int) (int, int) {
		switch how {
		case 2:
			return last - x, y
		case 3:
			return last - x, last - y
		case 4:
			return x, last - y
		case 5:
			return y, x
		case 6:
			return y, last - x
		case 7:
			return last - y, last - x
		default: // 8
			return last - y, x
		}
	}
	out := image.NewNRGBA(in.Bounds())
	for y := range last + 1 {
		for x := range last + 1 {
			out.SetNRGBA(x, y, in.NRGBAAt(from(x, y)))
		}
	}
	return out
}
