package ws

import (
	"encoding/binary"
	"sync"
)

// Message is one outgoing message. Data may be shared by many connections and is never changed.
type Message struct {
	Op   Op
	Data []byte
}

const (
	writeBuffer = 4 << 10 // held only while a write is under way, so that a stuck peer holds little
	maxHead     = 10
)

var buffers = sync.Pool{New: func() any { return new([writeBuffer]byte) }}

// Write sends the messages in order, small ones gathered into one system call.
func (c *Conn) Write(messages []Message) error {
	room := buffers.Get().(*[writeBuffer]byte)
	defer buffers.Put(room)
	buf := room[:0]
	var err error
	for _, m := range messages {
		if len(buf)+maxHead+min(len(m.Data), writeBuffer-maxHead) > writeBuffer {
			if err = c.flush(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		buf = appendHead(buf, m)
		n := min(len(m.Data), writeBuffer-len(buf))
		buf = append(buf, m.Data[:n]...)
		if rest := m.Data[n:]; len(rest) > 0 {
			if err = c.flush(buf); err != nil {
				return err
			}
			if err = c.flush(rest); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return c.flush(buf)
}

func (c *Conn) flush(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := c.nc.SetWriteDeadline(c.cfg.Clock.Now().Add(c.cfg.WriteTimeout)); err != nil {
		return err
	}
	_, err := c.nc.Write(b)
	return err
}

func appendHead(b []byte, m Message) []byte {
	b = append(b, 0x80|byte(m.Op))
	switch n := len(m.Data); {
	case n < 126:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
}

// CloseMessage is the close frame with a code and a reason of at most 123 bytes.
// A code that may not stand in a frame gives an empty close.
func CloseMessage(code int, reason string) Message {
	if !sendable(code) {
		return Message{Op: Close}
	}
	if len(reason) > maxControl-2 {
		reason = reason[:maxControl-2]
	}
	return Message{Op: Close, Data: append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)}
}
