package field

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// colorType is a colour as #rrggbb, or as #rrggbbaa where it is not opaque.
func colorType() *Type {
	return define(Type{
		Name: "color", Label: "Color", Group: GroupIdentifier, About: "A colour, written as #rrggbb, rgb() or hsl().",
		Storage: "varchar(9)", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetColor, Cell: CellSwatch,
	}, none{}, func(none) (Field, error) {
		return formatted(32, "must be a colour such as #3366ff, rgb(51, 102, 255) or hsl(225, 100%, 60%)", colorOf), nil
	})
}

var (
	hexColor  = regexp.MustCompile(`^#?([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})$`)
	callColor = regexp.MustCompile(`^(rgb|hsl)a?\(\s*([0-9.]+)(?:deg)?[\s,]+([0-9.]+)(%?)[\s,]+([0-9.]+)(%?)(?:[\s,/]+([0-9.]+)(%?))?\s*\)$`)
)

// colorOf is a colour of CSS (Color Module Level 4) in hexadecimal digits.
func colorOf(s string) (string, bool) {
	s = strings.ToLower(s)
	if m := hexColor.FindStringSubmatch(s); m != nil {
		h := m[1]
		if len(h) < 6 {
			var long []byte
			for i := range len(h) {
				long = append(long, h[i], h[i])
			}
			h = string(long)
		}
		return "#" + h[:6] + strings.TrimPrefix(h[6:], "ff"), true
	}
	m := callColor.FindStringSubmatch(s)
	if m == nil || (m[1] == "hsl") != (m[4] == "%" && m[6] == "%") || m[4] != m[6] {
		return "", false
	}
	var n [4]float64
	for i, at := range []int{2, 3, 5, 7} {
		n[i], _ = strconv.ParseFloat(m[at], 64) // digits; none is 0
	}
	alpha := 1.0
	if m[7] != "" {
		if alpha = n[3]; m[8] == "%" {
			alpha /= 100
		}
	}
	if m[1] == "hsl" {
		if n[0] > 360 || n[1] > 100 || n[2] > 100 {
			return "", false
		}
		n[0], n[1], n[2] = rgbOf(n[0], n[1]/100, n[2]/100)
	}
	if n[0] > 255 || n[1] > 255 || n[2] > 255 || alpha > 1 {
		return "", false
	}
	out := fmt.Sprintf("#%02x%02x%02x", int(math.Round(n[0])), int(math.Round(n[1])), int(math.Round(n[2])))
	if a := int(math.Round(alpha * 255)); a < 255 {
		out += fmt.Sprintf("%02x", a)
	}
	return out, true
}

// rgbOf is a colour of hue (0 to 360), saturation and lightness (0 to 1) as red, green and blue (0 to 255).
func rgbOf(h, s, l float64) (r, g, b float64) {
	part := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return 255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1)))
	}
	return part(0), part(8), part(4)
}
