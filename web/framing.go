package web

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// single are the headers that may be there once, as bits of a set.
type single uint16

const (
	host single = 1 << iota
	contentLength
	transferEncoding
	ifMatch
	ifNoneMatch
	apiKey
	authorization
	userID
	instanceID
	schemaVersion
	idempotencyKey
)

// ambiguous says whether a request's head could be read in two ways, so that a
// proxy and we might disagree on where the request ends (RFC 9112, section 11.2) or on who asks for what:
// Content-Length beside Transfer-Encoding, an encoding other than chunked, another version than HTTP/1.0 and 1.1,
// a bare line feed, a folded header, white space before a colon, no Host, or one of the single headers twice.
func ambiguous(h *fasthttp.RequestHeader) bool {
	var seen single
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
		name := singleOf(line[:colon])
		if seen&name != 0 || name == transferEncoding && !is(bytes.TrimSpace(line[colon+1:]), "chunked") {
			return true
		}
		seen |= name
	}
	if !h.IsHTTP11() {
		return seen&transferEncoding != 0 || string(h.Protocol()) != "HTTP/1.0"
	}
	return seen&host == 0 || seen&transferEncoding != 0 && seen&contentLength != 0
}

// singleOf is which of the single headers has the name; 0: none.
func singleOf(name []byte) single {
	switch len(name) {
	case len("host"):
		return one(name, "host", host)
	case len("if-match"):
		return one(name, "if-match", ifMatch)
	case len("x-api-key"): // and x-user-id
		return one(name, "x-api-key", apiKey) | one(name, "x-user-id", userID)
	case len("authorization"): // and two more
		return one(name, "authorization", authorization) | one(name, "if-none-match", ifNoneMatch) | one(name, "x-instance-id", instanceID)
	case len("content-length"):
		return one(name, "content-length", contentLength)
	case len("idempotency-key"):
		return one(name, "idempotency-key", idempotencyKey)
	case len("x-schema-version"):
		return one(name, "x-schema-version", schemaVersion)
	case len("transfer-encoding"):
		return one(name, "transfer-encoding", transferEncoding)
	}
	return 0
}

func one(name []byte, lower string, s single) single {
	if is(name, lower) {
		return s
	}
	return 0
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
