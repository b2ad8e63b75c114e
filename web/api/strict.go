package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// strict reads a body that is an object of known fields, each at most once and none of them null, into a struct.
func strict(c *fiber.Ctx, into any, known ...string) error {
	body := c.Request().Body()
	if !utf8.Valid(body) {
		return fault.New(fault.Malformed, "The body is not UTF-8.")
	}
	plain, err := protocol.Canonical(nil, body)
	if err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(plain, &members) != nil || members == nil {
		return fault.New(fault.Malformed, "The body must be an object.")
	}
	for name, value := range members {
		if !slices.Contains(known, name) {
			return fault.New(fault.Malformed, "The body has an unknown field; it takes %s.", strings.Join(known, ", "))
		}
		if string(value) == "null" {
			return fault.New(fault.Malformed, "%s must not be null; leave it out.", name)
		}
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields() // in objects within it, too
	err = d.Decode(into)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return fault.New(fault.Malformed, "%s must be %s, not a JSON %s.", wrong.Field, kindName(wrong.Type.Kind().String()), wrong.Value)
	}
	if name, unknown := strings.CutPrefix(fmt.Sprint(err), "json: unknown field "); unknown {
		return fault.New(fault.Malformed, "The body has an unknown field %s.", name)
	}
	return nil
}

func kindName(kind string) string {
	switch kind {
	case "int64":
		return "an integer that fits in 64 bits"
	case "slice":
		return "an array"
	case "struct":
		return "an object"
	}
	return "a " + kind
}

// sendJSON answers with a value.
func sendJSON(c *fiber.Ctx, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return send(c, b)
}
