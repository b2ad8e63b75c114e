package field

import (
	"bytes"
	"fmt"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/code39"
	"github.com/boombuler/barcode/ean"
	"github.com/boombuler/barcode/qr"
	"github.com/boombuler/barcode/twooffive"
)

// BarcodeOptions say how a barcode is made.
type BarcodeOptions struct {
	Symbology string `json:"symbology" jsonschema:"title=Kind,enum=ean13,enum=ean8,enum=upca,enum=itf14,enum=code128,enum=code39"`
}

// barcodeType is what a barcode says; the last digit of those that have a check digit is verified.
func barcodeType() *Type {
	return define(Type{
		Name: "barcode", Label: "Barcode", Group: GroupIdentifier, About: "What a barcode on a product says, its check digit verified.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellBarcode, Lead: true, Library: "boombuler/barcode",
	}, BarcodeOptions{Symbology: "ean13"}, func(o BarcodeOptions) (Field, error) {
		f := textField(80)
		f.rule = func(s string) (string, error) { s = trimmed(s); return s, barcodeFits(o.Symbology, s) }
		return f, nil
	})
}

var barcodeDigits = map[string]int{"ean13": 13, "ean8": 8, "upca": 12, "itf14": 14}

func barcodeFits(symbology, s string) error {
	if n := barcodeDigits[symbology]; n > 0 {
		if !digitsOnly(s) || len(s) != n {
			return bad("format", "must have %d digits", n)
		}
		if !checkGTIN(s) {
			return bad("checksum", "has a wrong check digit at its end")
		}
		return nil
	}
	if _, err := drawn(symbology, s); err != nil || len(s) > 80 {
		return bad("format", "must be at most 80 signs that %s has", symbology)
	}
	return nil
}

// checkGTIN verifies the last digit of a GTIN: the others, weighted 3 and 1 from the right, fill it up to a multiple of ten (GS1 General Specifications, 7.9).
func checkGTIN(s string) bool {
	sum := 0
	for i := range len(s) {
		weight := 1
		if (len(s)-i)%2 == 0 {
			weight = 3
		}
		sum += int(s[i]-'0') * weight
	}
	return sum%10 == 0
}

func digitsOnly(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

func drawn(symbology, s string) (barcode.Barcode, error) {
	switch symbology {
	case "ean13", "ean8":
		return ean.Encode(s)
	case "upca":
		return ean.Encode("0" + s)
	case "itf14":
		return twooffive.Encode(s, true)
	case "code39":
		return code39.Encode(s, false, false)
	case "qr":
		return qr.Encode(s, qr.M, qr.Auto)
	}
	return code128.Encode(s)
}

// DrawBarcode is a picture (PNG) of what a barcode of a symbology, or "qr", says: each line of it scale pixels wide, from 1 to 16.
func DrawBarcode(symbology, text string, scale int) ([]byte, error) {
	code, err := drawn(symbology, text)
	if err != nil {
		return nil, bad("format", "can't be drawn: %v", err)
	}
	scale = min(max(scale, 1), 16)
	size := code.Bounds()
	height := size.Dy() * scale
	if code.Metadata().Dimensions == 1 {
		height = 40 * scale
	}
	if code, err = barcode.Scale(code, size.Dx()*scale, height); err != nil {
		return nil, fmt.Errorf("scale a barcode: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, code); err != nil {
		return nil, fmt.Errorf("encode a barcode: %w", err)
	}
	return b.Bytes(), nil
}

// qrCodeType is the text that a QR code holds.
func qrCodeType() *Type {
	return define(Type{
		Name: "qrCode", Label: "QR code", Group: GroupIdentifier, About: "A text that is shown as a QR code.",
		Storage: "text", Merge: MergeRegister, Index: NoIndex, Filters: opsLong, Widget: WidgetLine, Cell: CellBarcode, Library: "boombuler/barcode",
	}, none{}, func(none) (Field, error) {
		f := textField(maxQR)
		f.key = nil
		f.rule = func(s string) (string, error) {
			if s = trimmed(s); len(s) > maxQR {
				return "", bad("length", "must have at most %d bytes, and has %d", maxQR, len(s))
			}
			return s, nil
		}
		return f, nil
	})
}

const maxQR = 1000 // bytes
