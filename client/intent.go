package client

import (
	"tidemark/engine/conflict"
	"tidemark/internal/fault"
)

// intended gives what an item becomes by an operation that says what it means.
func (o *op) intended(s conflict.Side) (conflict.Side, error) {
	return s, fault.New(fault.Invalid, "There is no operation %q.", o.kind)
}
