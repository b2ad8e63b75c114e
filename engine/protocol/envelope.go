package protocol

// Envelope is a client's message before its data is looked at. ID and Data are
// JSON as sent, part of the message's own bytes; nil when they were not there.
type Envelope struct {
	Event string
	ID    []byte // a number or a string, to be repeated in the ack
	Data  []byte
}

const (
	maxID   = 64           // bytes of an envelope's id, with quotes
	maxArgs = 8            // arguments of a Socket.IO event
	dataMax = MaxDepth + 4 // depth of data: a push wraps values three deep
)

var envelopeFields = fieldsOf(fEvent, fID, fData)

// DecodeEnvelope reads a text frame of the plain WebSocket. The data is held
// to the form of JSON here and to the rest by the decoder of the event.
func DecodeEnvelope(frame []byte) (Envelope, error) {
	d := newDecoder(frame)
	defer d.free()
	var e Envelope
	o := object{allow: envelopeFields}
	for d.next(&o) {
		switch o.field {
		case fEvent:
			e.Event = d.eventName()
		case fID:
			e.ID = d.id()
		case fData:
			e.Data = d.raw(dataMax)
		}
	}
	if d.err == nil && e.Event == "" {
		d.fail(d.bad(d.pos, "a message without an event"))
	}
	if err := d.finish(); err != nil {
		return Envelope{}, err
	}
	return e, nil
}

// DecodeEventArray reads the payload of a Socket.IO event packet,
// ["name",arg,…], with at most eight arguments, which are part of b's own bytes.
func DecodeEventArray(b []byte) (name string, args [][]byte, err error) {
	d := newDecoder(b)
	defer d.free()
	a := array{}
	for d.item(&a, "an event packet") {
		switch {
		case a.n == 1:
			name = d.eventName()
		case a.n > maxArgs+1:
			d.fail(d.bad(d.pos, "more than %d arguments", maxArgs))
		default:
			args = append(args, d.raw(dataMax))
		}
	}
	if d.err == nil && name == "" {
		d.fail(d.bad(d.pos, "a message without an event"))
	}
	if err := d.finish(); err != nil {
		return "", nil, err
	}
	return name, args, nil
}

func (d *decoder) eventName() string {
	at := d.pos
	b := d.string("the event")
	if d.err == nil && (len(b) == 0 || len(b) > MaxEventName) {
		d.fail(d.bad(at, "an event name not of 1 to %d bytes", MaxEventName))
	}
	return eventName(b)
}

// eventName is string(b) without an allocation for the names of the contract.
func eventName(b []byte) string {
	for _, known := range clientEvents {
		if known == string(b) {
			return known
		}
	}
	return string(b)
}

func (d *decoder) id() []byte {
	at, c := d.pos, d.peek()
	if c != '"' && c != '-' && !isDigit(c) {
		d.wrong("id", "a number or a string")
		return nil
	}
	id := d.raw(0)
	if d.err == nil && len(id) > maxID {
		d.fail(d.bad(at, "an id longer than %d bytes", maxID))
	}
	return id
}
