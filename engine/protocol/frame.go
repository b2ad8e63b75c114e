package protocol

import (
	"strconv"
	"sync"
)

// Frame is one server message, encoded once per format and shared by all
// sockets it goes to. It is safe for concurrent use; the data must not change.
type Frame struct {
	event string
	data  []byte
	ackID int64 // what the client calls back with; -1: no ack wanted
	forms [formats]form
}

// form is a frame in one format.
type form struct {
	encode   sync.Once
	bytes    []byte
	prepare  sync.Once
	prepared any
}

// NewFrame makes the frame of an event. data is JSON and belongs to the frame from now on.
func NewFrame(event string, data []byte) *Frame { return NewAckedFrame(event, data, -1) }

// NewAckedFrame makes a frame that asks the client to acknowledge it: by a
// Socket.IO ack callback, or on the plain WebSocket by repeating its id.
func NewAckedFrame(event string, data []byte, ackID int64) *Frame {
	return &Frame{event: event, data: data, ackID: ackID}
}

// Event is the name of the event.
func (f *Frame) Event() string { return f.event }

// Bytes is the frame's text in a format: a WebSocket text frame, or an
// Engine.IO packet as a WebSocket or a polling payload carries it.
func (f *Frame) Bytes(format Format) []byte {
	form := &f.forms[format]
	form.encode.Do(func() { form.bytes = f.encode(format) })
	return form.bytes
}

// Len is the length of the frame's text in a format.
func (f *Frame) Len(format Format) int { return len(f.Bytes(format)) }

// Prepared is what build makes of the frame's text, made at the first call and
// shared from then on: one prepared WebSocket message for all sockets. Each
// format must always be prepared by the same build.
func (f *Frame) Prepared(format Format, build func([]byte) any) any {
	form := &f.forms[format]
	form.prepare.Do(func() { form.prepared = build(f.Bytes(format)) })
	return form.prepared
}

const around = 64 // bytes of a frame beside event and data, roughly

func (f *Frame) encode(format Format) []byte {
	dst := make([]byte, 0, len(f.event)+len(f.data)+around)
	if format == SocketIO {
		dst = append(dst, `42/sync,`...)
		if f.ackID >= 0 {
			dst = strconv.AppendInt(dst, f.ackID, 10)
		}
		dst = append(AppendString(append(dst, '['), f.event), ',')
		return append(append(dst, f.data...), ']')
	}
	dst = appendText(dst, `{"event":`, f.event)
	if f.ackID >= 0 {
		dst = appendInt(dst, `,"id":`, f.ackID)
	}
	dst = append(append(dst, `,"data":`...), f.data...)
	return append(dst, '}')
}

// AckFrame is the text that answers a client's event. id is the event's own:
// the digits of the Socket.IO packet, or the envelope's ID as it was sent; data
// is what AppendOK or AppendNotOK wrote.
func AckFrame(format Format, id, data []byte) []byte {
	dst := make([]byte, 0, len(id)+len(data)+around)
	if format == SocketIO {
		dst = append(append(append(dst, `43/sync,`...), id...), '[')
		return append(append(dst, data...), ']')
	}
	dst = append(append(dst, `{"event":"ack","id":`...), id...)
	dst = append(append(dst, `,"data":`...), data...)
	return append(dst, '}')
}
