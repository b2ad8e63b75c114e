package api

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// text is a query parameter, percent-decoded; empty when it is not there.
func text(c *fiber.Ctx, name string) string { return string(c.Context().QueryArgs().Peek(name)) }

// number is a query parameter that is an integer within bounds; nil when it is not there.
func number(c *fiber.Ctx, name string, least, most int64) (*int64, error) {
	s := text(c, name)
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, fault.New(fault.Malformed, "The parameter %s takes an integer.", name)
	}
	if err != nil || n < least || n > most {
		return nil, fault.OfField(name, "range", "must be from %d to %d", least, most)
	}
	return &n, nil
}

// limit is the parameter of that name; 0 when it is not there.
func limit(c *fiber.Ctx) (int, error) {
	n, err := number(c, "limit", 1, protocol.MaxPage)
	if n == nil {
		return 0, err
	}
	return int(*n), nil
}

// flag is a query parameter that is true or false.
func flag(c *fiber.Ctx, name string) (bool, error) {
	s := text(c, name)
	if s == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(s)
	if err != nil {
		return false, fault.New(fault.Malformed, "The parameter %s takes true or false.", name)
	}
	return on, nil
}

// token is a cursor or page token.
func token(c *fiber.Ctx, name string) (string, error) {
	s := text(c, name)
	if len(s) > protocol.MaxCursor {
		return "", fault.New(fault.Malformed, "The parameter %s is not one of ours.", name)
	}
	return s, nil
}

// names is a query parameter that lists collections, separated by commas.
func names(c *fiber.Ctx, name string) ([]string, error) {
	s := text(c, name)
	if s == "" {
		return nil, nil
	}
	list := strings.Split(s, ",")
	if len(list) > protocol.MaxFilter {
		return nil, fault.OfField(name, "max", "must be at most %d", protocol.MaxFilter)
	}
	for _, n := range list {
		if err := protocol.CheckCollection(n); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// nothing refuses parameters and a body where a request takes none: what they would narrow is not narrowed.
func nothing(c *fiber.Ctx) error {
	for name := range c.Context().QueryArgs().All() {
		return fault.New(fault.Malformed, "This takes no parameters, and not %q either.", name)
	}
	if b := bytes.TrimSpace(c.Request().Body()); len(b) > 0 && !emptyObject.Match(b) {
		return fault.New(fault.Malformed, "This takes no body.")
	}
	return nil
}

var emptyObject = regexp.MustCompile(`^\{[ \t\r\n]*\}$`)

// body is room for an answer, taken from the response; send gives it back.
func body(c *fiber.Ctx) []byte { return c.Response().SwapBody(nil)[:0] }

// send answers with JSON that was appended to body.
func send(c *fiber.Ctx, b []byte) error {
	c.Response().Header.SetContentType(fiber.MIMEApplicationJSON)
	c.Response().SwapBody(b)
	return nil
}
