package api

import (
	"bytes"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

const maxVersion = math.MaxInt64

// setETag says which version the answer is about. The ETag of an item is its version, in quotes.
func setETag(c *fiber.Ctx, version int64) {
	var b [24]byte
	tag := append(strconv.AppendInt(append(b[:0], '"'), version, 10), '"')
	c.Response().Header.SetCanonical(headerETag, tag)
}

var headerETag = []byte("Etag")

// has says whether an If-None-Match names the version; weak tags count (RFC 9110, section 13.1.2).
func has(ifNoneMatch []byte, version int64) bool {
	for len(ifNoneMatch) > 0 {
		var tag []byte
		tag, ifNoneMatch, _ = bytes.Cut(ifNoneMatch, []byte(","))
		tag = bytes.TrimPrefix(bytes.TrimSpace(tag), []byte("W/"))
		if n, ok := versionOf(tag); string(tag) == "*" || ok && n == version {
			return true
		}
	}
	return false
}

// ifMatch takes the base version of a write from its If-Match.
func ifMatch(c *fiber.Ctx, op *protocol.Op) error {
	h := c.Request().Header.Peek(fiber.HeaderIfMatch)
	if len(h) == 0 {
		return nil
	}
	n, ok := versionOf(bytes.TrimSpace(h))
	if !ok {
		return fault.New(fault.Malformed, `If-Match takes one version in quotes, such as "3".`)
	}
	return setBase(op, n)
}

// createOnly reads the one form of If-None-Match a write takes: * means that nothing must be there, whatever a policy says.
func createOnly(c *fiber.Ctx, op *protocol.Op) error {
	h := bytes.TrimSpace(c.Request().Header.Peek(fiber.HeaderIfNoneMatch))
	if len(h) == 0 {
		return nil
	}
	if string(h) != "*" {
		return fault.New(fault.Malformed, "If-None-Match takes only * on a write: nothing must be there.")
	}
	op.CreateOnly = true
	return setBase(op, 0)
}

// setBase names the base version; naming two different ones is `malformed`.
func setBase(op *protocol.Op, version int64) error {
	if op.Base != nil && *op.Base != version {
		return fault.New(fault.Malformed, "The request names two base versions: %d and %d.", *op.Base, version)
	}
	op.Base = &version
	return nil
}

// versionOf reads a version, bare or in quotes.
func versionOf(tag []byte) (int64, bool) {
	if n := len(tag); n > 1 && tag[0] == '"' && tag[n-1] == '"' {
		tag = tag[1 : n-1]
	}
	if len(tag) == 0 || tag[0] < '0' || tag[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(tag), 10, 64)
	return n, err == nil
}
