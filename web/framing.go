package web

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// ambiguous says whether a request's head could be read in two ways, so that a
// proxy and we might disagree on where the request ends (RFC 9112, section 11.2):
// Content-Length beside Transfer-Encoding, a repeated or folded header, a bare line feed,
// white space before a colon, no Host or two.
func ambiguous(h *fasthttp.RequestHeader) bool {
	var lengths, encodings, hosts int
	for rest := h.RawHeaders(); len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 1 || rest[end-1] != '\r' {
			return true
		}
		line := rest[:end-1]
		if rest = rest[end+1:]; len(line) == 0 {
			break
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 1 || line[0] == ' ' || line[0] == '\t' || line[colon-1] == ' ' || line[colon-1] == '\t' {
			return true
		}
		switch name := line[:colon]; {
		case is(name, "content-length"):
			lengths++
		case is(name, "transfer-encoding"):
			encodings++
		case is(name, "host"):
			hosts++
		}
	}
	if encodings > 0 && (lengths > 0 || !h.IsHTTP11()) {
		return true
	}
	return lengths > 1 || encodings > 1 || hosts > 1 || hosts == 0 && h.IsHTTP11()
}

// is compares a header's name with one in lower case.
func is(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i := range name {
		if name[i]|0x20 != lower[i]|0x20 {
			return false
		}
	}
	return true
}
