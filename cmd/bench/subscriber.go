package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"syscall"
	"time"
)

// door is how a subscriber is connected.
type door int

const (
	bareHub door = iota
	plainSocket
	socketIO
)

func (d door) String() string { return [...]string{"bare hub", "plain WebSocket", "Socket.IO"}[d] }

// live begins each message that counts as a delivery.
var live = [...][]byte{[]byte("{"), []byte(`{"event":"sync:update"`), []byte(`42/sync,["sync:update"`)}

const handshakeWithin = 20 * time.Second

// subscriber is a client of RFC 6455 with no more than the measurements need.
type subscriber struct {
	door door
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
}

// subscribe connects and returns when the server says that it is live. room
// bounds the kernel's receive buffer, in bytes; 0: as the system likes it.
func subscribe(to *process, d door, room int) (*subscriber, error) {
	dial := net.Dialer{Timeout: handshakeWithin}
	if room > 0 {
		dial.Control = func(_, _ string, c syscall.RawConn) error {
			var err error
			cerr := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, room) })
			if cerr != nil {
				return cerr
			}
			return err
		}
	}
	conn, err := dial.Dial("tcp", to.addr)
	if err != nil {
		return nil, err
	}
	s := &subscriber{door: d, conn: conn, r: bufio.NewReaderSize(conn, 4<<10)}
	if err := s.handshake(to); err != nil {
		_ = conn.Close() // the first error tells why
		return nil, fmt.Errorf("connect by %s: %w", d, err)
	}
	return s, nil
}

func (s *subscriber) handshake(to *process) error {
	if err := s.conn.SetDeadline(time.Now().Add(handshakeWithin)); err != nil {
		return err
	}
	path, header := "/sync", ""
	switch s.door {
	case plainSocket:
		header = "X-API-Key: " + to.key + "\r\n"
	case socketIO:
		path = "/socket.io/?EIO=4&transport=websocket"
	case bareHub:
	}
	_, err := fmt.Fprintf(s.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, to.addr, header)
	if err != nil {
		return err
	}
	head := textproto.NewReader(s.r)
	status, err := head.ReadLine()
	if err != nil || !strings.Contains(status, " 101 ") {
		return fmt.Errorf("the answer is %q: %w", status, err)
	}
	if _, err := head.ReadMIMEHeader(); err != nil {
		return err
	}
	if err := s.join(to); err != nil {
		return err
	}
	return s.conn.SetDeadline(time.Time{})
}

// join goes through what the door's protocol wants until the connection is live.
func (s *subscriber) join(to *process) error {
	ready := `{"event":"sync:ready"`
	switch s.door {
	case bareHub:
		return nil
	case plainSocket:
	case socketIO:
		ready = `42/sync,["sync:ready"`
		if _, err := s.next(); err != nil {
			return err
		}
		if err := s.write(1, []byte(`40/sync,{"apiKey":"`+to.key+`"}`)); err != nil {
			return err
		}
	}
	for {
		m, err := s.next()
		if err != nil {
			return err
		}
		if bytes.HasPrefix(m, []byte(ready)) {
			return nil
		}
		if bytes.Contains(m, []byte(`"code"`)) {
			return fmt.Errorf("refused: %s", m)
		}
	}
}

// next reads the next message that is not a heartbeat, and answers those that
// are. It is good until the next call.
func (s *subscriber) next() ([]byte, error) {
	for {
		op, b, err := s.frame()
		switch {
		case err != nil:
			return nil, err
		case op == 9:
			err = s.write(10, b)
		case op == 1 && s.door == socketIO && len(b) == 1 && b[0] == '2':
			err = s.write(1, []byte("3"))
		case op == 1:
			return b, nil
		case op == 8:
			return nil, fmt.Errorf("the server closed: %q", b)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *subscriber) frame() (op byte, b []byte, err error) {
	head, err := s.r.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	op, n, skip := head[0]&15, int(head[1]&127), 2
	switch n {
	case 126:
		if head, err = s.r.Peek(4); err != nil {
			return 0, nil, err
		}
		n, skip = int(binary.BigEndian.Uint16(head[2:])), 4
	case 127:
		if head, err = s.r.Peek(10); err != nil {
			return 0, nil, err
		}
		n, skip = int(binary.BigEndian.Uint64(head[2:])), 10
	}
	if _, err = s.r.Discard(skip); err != nil {
		return 0, nil, err
	}
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	_, err = io.ReadFull(s.r, s.buf[:n])
	return op, s.buf[:n], err
}

// write sends a small frame, masked with zeros.
func (s *subscriber) write(op byte, b []byte) error {
	head := []byte{0x80 | op, 0x80 | byte(len(b))}
	if len(b) > 125 {
		head = []byte{0x80 | op, 0x80 | 126, byte(len(b) >> 8), byte(len(b))}
	}
	_, err := s.conn.Write(append(append(head, 0, 0, 0, 0), b...))
	return err
}
