package ws

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	readBuffer   = 512
	firstChunk   = 4 << 10 // an announced length is believed only as its bytes arrive
	maxControl   = 125
	maxFragments = 10_000
)

// Conn is one upgraded connection. One goroutine may read and one may write at a time.
type Conn struct {
	cfg  *Config
	nc   net.Conn
	br   *bufio.Reader
	shut sync.Once

	op        Op // of the message whose fragments are still coming
	msg       []byte
	fragments int
}

// CloseError says that the peer closed the connection, or why it must be closed.
type CloseError struct {
	Code   int
	Reason string
	Peer   bool // the peer said so
}

func (e *CloseError) Error() string { return fmt.Sprintf("websocket closed: %d %s", e.Code, e.Reason) }

func broken(reason string) error { return &CloseError{Code: ProtocolError, Reason: reason} }

func newConn(cfg *Config, nc net.Conn, early []byte) *Conn {
	var r io.Reader = nc
	if len(early) > 0 {
		r = io.MultiReader(bytes.NewReader(early), nc)
	}
	return &Conn{cfg: cfg, nc: nc, br: bufio.NewReaderSize(r, readBuffer)}
}

// Shut drops the connection without a word. It may be called at any time, more than once.
func (c *Conn) Shut() {
	c.shut.Do(func() { _ = c.nc.Close() }) // nothing is owed to a dropped socket
}

// ReadWithin bounds the next reads; zero takes the bound away.
func (c *Conn) ReadWithin(d time.Duration) {
	var at time.Time
	if d > 0 {
		at = c.cfg.Clock.Now().Add(d)
	}
	_ = c.nc.SetReadDeadline(at) // a dead socket shows itself at the read
}

// Read gives the next whole message, or a Ping or Pong between fragments; the
// bytes are the caller's. What breaks the protocol, and the peer's own close, is a *CloseError.
func (c *Conn) Read() (Op, []byte, error) {
	for {
		h, err := c.head()
		if err != nil {
			return 0, nil, err
		}
		if h.op >= Close {
			return c.control(h)
		}
		if err := c.fragment(h); err != nil {
			return 0, nil, err
		}
		if h.fin {
			return c.whole()
		}
	}
}

type head struct {
	fin  bool
	op   Op
	size uint64
	mask [4]byte
}

// head reads and checks a frame's head (section 5.2).
func (c *Conn) head() (head, error) {
	b, err := c.take(2)
	if err != nil {
		return head{}, err
	}
	h := head{fin: b[0]&0x80 != 0, op: Op(b[0] & 0x0f), size: uint64(b[1] & 0x7f)}
	if b[0]&0x70 != 0 || h.op > Pong || (h.op > Binary && h.op < Close) {
		return h, broken("a reserved bit or operation")
	}
	if b[1]&0x80 == 0 {
		return h, broken("a frame without a mask")
	}
	if h.op >= Close && (!h.fin || h.size > maxControl) {
		return h, broken("a control frame that is long or in pieces")
	}
	if err := c.longSize(&h); err != nil {
		return h, err
	}
	mask, err := c.take(4)
	copy(h.mask[:], mask)
	return h, err
}

func (c *Conn) longSize(h *head) error {
	switch h.size {
	case 126:
		b, err := c.take(2)
		if err != nil {
			return err
		}
		h.size = uint64(binary.BigEndian.Uint16(b))
	case 127:
		b, err := c.take(8)
		if err != nil {
			return err
		}
		h.size = binary.BigEndian.Uint64(b)
	}
	return nil
}

// take reads n bytes that stay valid until the next read.
func (c *Conn) take(n int) ([]byte, error) {
	b, err := c.br.Peek(n)
	if err != nil {
		return nil, err
	}
	_, err = c.br.Discard(n)
	return b, err
}

func (c *Conn) fragment(h head) error {
	if first := c.fragments == 0; first == (h.op == 0) {
		return broken("a fragment out of place")
	}
	if c.fragments++; c.fragments > maxFragments {
		return &CloseError{Code: PolicyRefusal, Reason: "too many fragments"}
	}
	if h.op != 0 {
		c.op = h.op
	}
	if uint64(len(c.msg))+h.size > uint64(c.cfg.MaxMessage) || h.size > uint64(c.cfg.MaxMessage) {
		return &CloseError{Code: TooBig, Reason: "message too big"}
	}
	start := len(c.msg)
	for left := int(h.size); left > 0; {
		n := min(left, max(firstChunk, len(c.msg)))
		end := len(c.msg)
		c.msg = append(c.msg, make([]byte, n)...)
		if _, err := io.ReadFull(c.br, c.msg[end:]); err != nil {
			return err
		}
		left -= n
	}
	unmask(c.msg[start:], h.mask)
	return nil
}

func (c *Conn) whole() (Op, []byte, error) {
	op, msg := c.op, c.msg
	c.op, c.msg, c.fragments = 0, nil, 0
	if op == Text && !utf8.Valid(msg) {
		return 0, nil, &CloseError{Code: BadText, Reason: "invalid UTF-8"}
	}
	return op, msg, nil
}

func (c *Conn) control(h head) (Op, []byte, error) {
	b := make([]byte, h.size)
	if _, err := io.ReadFull(c.br, b); err != nil {
		return 0, nil, err
	}
	unmask(b, h.mask)
	if h.op != Close {
		return h.op, b, nil
	}
	return 0, nil, peerClose(b)
}

// peerClose reads the body of a close frame (section 5.5.1).
func peerClose(b []byte) error {
	if len(b) == 0 {
		return &CloseError{Code: NoStatus, Peer: true}
	}
	if len(b) == 1 {
		return broken("a close without a code")
	}
	code := int(binary.BigEndian.Uint16(b))
	if !sendable(code) {
		return broken("a close code out of range")
	}
	if !utf8.Valid(b[2:]) {
		return &CloseError{Code: BadText, Reason: "invalid UTF-8"}
	}
	return &CloseError{Code: code, Reason: string(b[2:]), Peer: true}
}

// sendable says whether a close code may stand in a frame (section 7.4).
func sendable(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

func unmask(b []byte, mask [4]byte) {
	key := uint64(binary.LittleEndian.Uint32(mask[:]))
	key |= key << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}

// Discard reads and drops everything until the connection ends, so that what was
// sent last is not lost to a reset.
func (c *Conn) Discard() {
	_, _ = io.Copy(io.Discard, c.br) // any end is an end
}
