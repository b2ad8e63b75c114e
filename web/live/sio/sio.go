// Package sio reads and writes the packets of Socket.IO 5 that Tidemark needs:
// one namespace besides the root, events and acks, and enough of the binary
// packets to refuse them in order.
// The protocol: https://socket.io/docs/v4/socket-io-protocol
package sio

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// Type is a packet's type.
type Type byte

// The packet types.
const (
	Connect Type = iota
	Disconnect
	Event
	Ack
	ConnectError
	BinaryEvent
	BinaryAck
)

// MaxAttachments bounds the binary parts of one packet.
const MaxAttachments = 64

const (
	maxNamespace = 128
	maxID        = 18 // digits
)

// ErrPacket is a packet that is none; the protocol has the connection closed for it.
var ErrPacket = errors.New("invalid Socket.IO packet")

// Packet is one packet, its slices part of what it was parsed from.
type Packet struct {
	Type        Type
	Namespace   string
	ID          []byte // digits of the ack id; nil: none
	Data        []byte // JSON as sent, not looked into
	Attachments int    // binary messages that follow
}

// Parse reads a packet, strictly: what the reference parser refuses is ErrPacket.
// An event's JSON is only held to begin as one.
func Parse(b []byte) (Packet, error) {
	if len(b) == 0 || b[0] < '0' || b[0] > '0'+byte(BinaryAck) {
		return Packet{}, ErrPacket
	}
	p := Packet{Type: Type(b[0] - '0')}
	rest, ok := p.attachments(b[1:])
	if !ok {
		return Packet{}, ErrPacket
	}
	if rest, ok = p.namespace(rest); !ok {
		return Packet{}, ErrPacket
	}
	n := digits(rest)
	if n > maxID {
		return Packet{}, ErrPacket
	}
	if n > 0 {
		p.ID = rest[:n]
	}
	p.Data = rest[n:]
	if !p.fits() {
		return Packet{}, ErrPacket
	}
	return p, nil
}

// Binary says whether the packet is of a binary type.
func (p *Packet) Binary() bool { return p.Type == BinaryEvent || p.Type == BinaryAck }

func (p *Packet) attachments(b []byte) ([]byte, bool) {
	if !p.Binary() {
		return b, true
	}
	n := digits(b)
	if n == 0 || n > 2 || n == len(b) || b[n] != '-' {
		return nil, false
	}
	p.Attachments, _ = strconv.Atoi(string(b[:n])) // at most two digits
	return b[n+1:], p.Attachments <= MaxAttachments
}

func (p *Packet) namespace(b []byte) ([]byte, bool) {
	p.Namespace = "/"
	if len(b) == 0 || b[0] != '/' {
		return b, true
	}
	name, rest, _ := bytes.Cut(b, []byte{','})
	p.Namespace = string(name)
	return rest, len(name) <= maxNamespace
}

func digits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}

// fits says whether the data may belong to a packet of this type.
func (p *Packet) fits() bool {
	switch p.Type {
	case Connect:
		return p.ID == nil && (len(p.Data) == 0 || p.Data[0] == '{' && json.Valid(p.Data))
	case Disconnect:
		return p.ID == nil && len(p.Data) == 0
	case Event, BinaryEvent:
		return bytes.HasPrefix(p.Data, []byte(`["`)) && !reserved(p.Data)
	case Ack, BinaryAck:
		return p.ID != nil && len(p.Data) > 0 && p.Data[0] == '[' && json.Valid(p.Data)
	}
	return false
}

var reservedNames = [...]string{
	`"connect"`, `"connect_error"`, `"disconnect"`, `"disconnecting"`, `"newListener"`, `"removeListener"`,
}

func reserved(data []byte) bool {
	for _, name := range reservedNames {
		if bytes.HasPrefix(data[1:], []byte(name)) {
			return true
		}
	}
	return false
}

// The writers below give Engine.IO message packets, their "4" included.

// Connected accepts a client into a namespace.
func Connected(namespace, id string) []byte {
	return append(append(head(Connect, namespace), `{"sid":"`...), id+`"}`...)
}

// Refused tells a client why it may not enter a namespace; data is JSON, nil for none.
func Refused(namespace, message string, data []byte) []byte {
	text, _ := json.Marshal(message) // a string always encodes
	b := append(append(head(ConnectError, namespace), `{"message":`...), text...)
	if data != nil {
		b = append(append(b, `,"data":`...), data...)
	}
	return append(b, '}')
}

// Disconnected tells a client that it has left a namespace and should not come back by itself.
func Disconnected(namespace string) []byte { return head(Disconnect, namespace) }

func head(t Type, namespace string) []byte {
	b := []byte{'4', '0' + byte(t)}
	if namespace != "/" {
		b = append(append(b, namespace...), ',')
	}
	return b
}
