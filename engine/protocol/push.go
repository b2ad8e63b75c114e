package protocol

import (
	"strconv"

	"tidemark/internal/fault"
)

// MaxPush is how many events a push takes when the caller names no other bound.
const MaxPush = 500

// Push is a decoded push.
type Push struct {
	InstanceID string // empty: none named
	Schema     int64  // 0: none named
	Events     []PushEvent
}

// PushEvent is one event of a push: an operation, or the `invalid` fault that
// its result has to say. With a fault only OpID, Kind and Key of Op hold, as
// far as they are good.
type PushEvent struct {
	Op  Op
	Err error
}

var (
	pushFields  = fieldsOf(fInstanceID, fSchema, fEvents)
	eventFields = setFields | fieldsOf(fOp, fPatch, fPath, fTx)
)

// DecodePush reads a push of at most maxOps events (0: MaxPush); more are
// `batch_too_large`. What is malformed in any event fails the whole push, what
// is merely invalid only its own event.
func DecodePush(data []byte, maxOps int) (Push, error) {
	if maxOps <= 0 {
		maxOps = MaxPush
	}
	d := newDecoder(data)
	defer d.free()
	p, o := Push{}, object{allow: pushFields}
	for d.next(&o) {
		switch o.field {
		case fInstanceID:
			p.InstanceID = d.named(fInstanceID, MaxInstance)
		case fSchema:
			if n := d.natural(fSchema); n != nil {
				p.Schema = *n
			}
		case fEvents:
			p.Events = d.events(maxOps)
		}
	}
	d.require(o.seen, fieldsOf(fEvents))
	if err := d.finish(); err != nil {
		return Push{}, err
	}
	return p, nil
}

func (d *decoder) events(most int) []PushEvent {
	events := []PushEvent{}
	a := array{}
	for d.item(&a, fEvents.String()) {
		if a.n > most {
			d.fail(fault.New(fault.BatchTooLarge, "A push takes at most %d events.", most).With("limit", most))
			break
		}
		events = append(events, d.event())
	}
	return events
}

// event reads one event, keeping its problems apart from those of the push.
func (d *decoder) event() (e PushEvent) {
	outer := d.problems
	d.problems = nil
	seen := d.op(&e.Op, eventFields)
	d.require(seen, fieldsOf(fOpID, fOp, fKey))
	switch e.Op.Kind {
	case Set:
		d.require(seen, fieldsOf(fValue))
		d.refuse(seen, fieldsOf(fPatch, fPath))
	case Patch:
		d.require(seen, fieldsOf(fPatch))
		d.refuse(seen, fieldsOf(fValue, fPath, fEncryptionType))
	case Increment, AddToSet, RemoveFromSet, Insert, Move:
		d.require(seen, fieldsOf(fValue))
		d.refuse(seen, fieldsOf(fPatch, fEncryptionType))
		d.intent(&e.Op)
	case Remove:
		d.refuse(seen, eventFields&^removeFields&^fieldsOf(fOp, fTx))
	}
	e.Err = invalid(d.problems)
	d.problems = outer
	return e
}

// refuse notes a problem for each field that this kind of operation does not take.
func (d *decoder) refuse(seen, refused fieldSet) {
	d.complain(seen&refused, "unexpected", "does not go with this op")
}

// DecodeSchema reads the version of the tenant's tables that a caller knows, as a header or a query names it; nothing is 0: it names none.
func DecodeSchema(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.Malformed, "The version of the schema must be a positive integer.")
	}
	return n, nil
}
