package console

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// pageAddress is how long the address of a page with its trail may be, in bytes: a
// request's head, which is bounded, can hold it three times.
const pageAddress = 1400

// trail are the places at which the pages before one begin, oldest first; the
// first page's is empty. It stands in the page's address, so that Previous leads
// to exactly the pages one came by, whatever the list's order and however few of
// the rows looked at fit, and costs the database nothing.
type trail []string

// pagesOf are the addresses of the pages around the one that begins at a place;
// next is where the one after it begins, and at gives the address of any. Each is
// empty where there is none, and so is prev where the trail does not lead on.
func pagesOf(f *fiber.Ctx, here, next string, at func(place string) string) (first, prev, onward string) {
	var way trail
	if here != "" {
		first, way = at(""), trailOf(f.FormValue("trail"))
	}
	if n := len(way); n > 0 {
		prev = way[:n-1].to(at(way[n-1]))
	}
	if next != "" {
		onward = append(slices.Clone(way), here).to(at(next))
	}
	return first, prev, onward
}

// to adds the trail to an address, as much of its end as there is room for.
func (t trail) to(address string) string {
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	if text := t.within(pageAddress - len(address) - len("?trail=")); text != "" {
		return address + joint + "trail=" + text
	}
	return address
}

// within is as much of the trail's end as so many bytes hold.
func (t trail) within(most int) string {
	for ; len(t) > 0; t = t[1:] {
		if text := t.text(); len(text) <= most {
			return text
		}
	}
	return ""
}

// text is the trail in short: of each place what differs from the beginning of the one before it.
func (t trail) text() string {
	var b []byte
	last := ""
	for _, place := range t {
		same := shared(last, place)
		b = binary.AppendUvarint(b, uint64(same))
		b = binary.AppendUvarint(b, uint64(len(place)-same))
		b = append(b, place[same:]...)
		last = place
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// shared is how many bytes two texts begin with alike.
func shared(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// trailOf reads a trail; of one that is damaged nothing.
func trailOf(text string) trail {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	var t trail
	last := ""
	for len(b) > 0 {
		same, n := binary.Uvarint(b)
		if n <= 0 || same > uint64(len(last)) {
			return nil
		}
		b = b[n:]
		more, n := binary.Uvarint(b)
		if n <= 0 || more > uint64(len(b)-n) {
			return nil
		}
		last = last[:same] + string(b[n:n+int(more)])
		b, t = b[n+int(more):], append(t, last)
	}
	return t
}
