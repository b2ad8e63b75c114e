package eio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// The packet types of Engine.IO 4.
const (
	packetClose   = '1'
	packetPing    = '2'
	packetPong    = '3'
	packetMessage = '4'
	packetNoop    = '6'
	packetBinary  = 'b' // in polling payloads, followed by base64
)

const separator = 0x1e // between the packets of a payload

var errPacket = errors.New("invalid Engine.IO packet")

// payload calls f with each packet of a POST body, in order, until one errs.
func payload(body []byte, f func(packet []byte) error) error {
	for more := true; more; {
		var packet []byte
		packet, body, more = bytes.Cut(body, []byte{separator})
		if len(packet) == 0 {
			return errPacket
		}
		if err := f(packet); err != nil {
			return err
		}
	}
	return nil
}

// polled takes one packet of a polling payload.
func (s *Session) polled(packet []byte) error {
	if packet[0] != packetBinary {
		if !utf8.Valid(packet) {
			return errPacket
		}
		return s.packet(packet)
	}
	b, err := base64.StdEncoding.DecodeString(string(packet[1:]))
	if err != nil {
		return errPacket
	}
	return s.owner.Message(true, b)
}

// packet takes one text packet, its type digit first.
func (s *Session) packet(b []byte) error {
	if len(b) == 0 {
		return errPacket
	}
	switch b[0] {
	case packetMessage:
		return s.owner.Message(false, b[1:])
	case packetPong:
		s.beat.Pong(s.beat.Outstanding())
	case packetClose:
		s.clientClosed()
	case packetPing, packetNoop:
	default:
		return errPacket
	}
	return nil
}

// clientClosed ends the session at the client's word. Over polling its GET gets a noop, even if it comes only now.
func (s *Session) clientClosed() {
	s.mu.Lock()
	over := s.conn != nil
	s.mu.Unlock()
	if over {
		s.end()
		return
	}
	s.endWith([]byte{packetNoop})
}
