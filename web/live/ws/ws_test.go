package ws

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tidemark/internal/clock"
)

var testConfig = &Config{Clock: clock.System{}, MaxMessage: 64 << 10, WriteTimeout: 5 * time.Second}

// stream is a connection that only gives what it was made of.
type stream struct {
	net.Conn
	io.Reader
}

func (s stream) Read(b []byte) (int, error)      { return s.Reader.Read(b) }
func (s stream) Close() error                    { return nil }
func (s stream) SetReadDeadline(time.Time) error { return nil }

func reading(b []byte) *Conn { return newConn(testConfig, stream{Reader: bytes.NewReader(b)}, nil) }

// frame is a client's frame: first byte, payload, masked.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	masked := bytes.Clone(payload)
	unmask(masked, mask)
	return append(append(b, mask[:]...), masked...)
}

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func TestReadGivesWholeMessages(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 20_000)
	c := reading(join(
		frame(0x81, []byte("hello")),
		frame(0x01, []byte("h\xc3")), frame(0x89, []byte("ping")), frame(0x00, []byte("\xa9")), frame(0x80, []byte("!")),
		frame(0x82, []byte{0xff}),
		frame(0x81, nil),
		frame(0x81, []byte(long)),
		frame(0x88, append([]byte{0x03, 0xe8}, "bye"...)),
	))
	want := []struct {
		op   Op
		text string
	}{{Text, "hello"}, {Ping, "ping"}, {Text, "hé!"}, {Binary, "\xff"}, {Text, ""}, {Text, long}}
	for _, w := range want {
		op, b, err := c.Read()
		if err != nil || op != w.op || string(b) != w.text {
			t.Fatalf("got %d %.40q %v, want %d %.40q", op, b, err, w.op, w.text)
		}
	}
	_, _, err := c.Read()
	var ce *CloseError
	if !errors.As(err, &ce) || !ce.Peer || ce.Code != Normal || ce.Reason != "bye" {
		t.Fatalf("got %v, want the peer's close", err)
	}
}

func TestReadRefusesWhatBreaksTheProtocol(t *testing.T) {
	t.Parallel()
	big := make([]byte, testConfig.MaxMessage)
	for name, c := range map[string]struct {
		in   []byte
		code int
	}{
		"no mask":                       {[]byte{0x81, 0x01, 'a'}, ProtocolError},
		"reserved bit":                  {frame(0xc1, []byte("a")), ProtocolError},
		"reserved operation":            {frame(0x83, nil), ProtocolError},
		"reserved control":              {frame(0x8b, nil), ProtocolError},
		"long control":                  {frame(0x89, make([]byte, 126)), ProtocolError},
		"fragmented control":            {frame(0x09, nil), ProtocolError},
		"continuation of nothing":       {frame(0x80, nil), ProtocolError},
		"a message within another":      {join(frame(0x01, []byte("a")), frame(0x81, []byte("b"))), ProtocolError},
		"close of one byte":             {frame(0x88, []byte{3}), ProtocolError},
		"close code that is never sent": {frame(0x88, []byte{0x03, 0xed}), ProtocolError},
		"close reason not UTF-8":        {frame(0x88, []byte{0x03, 0xe8, 0xff}), BadText},
		"text not UTF-8":                {frame(0x81, []byte{0xff}), BadText},
		"half a character at the end":   {join(frame(0x01, []byte("\xc3")), frame(0x80, nil)), BadText},
		"too big":                       {frame(0x82, append(big, 0)), TooBig},
		"too big in pieces":             {join(frame(0x02, big), frame(0x80, []byte{0})), TooBig},
		"a length of 2^63":              {[]byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, TooBig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := reading(c.in)
			var err error
			for err == nil {
				_, _, err = r.Read()
			}
			var ce *CloseError
			if !errors.As(err, &ce) || ce.Code != c.code || ce.Peer {
				t.Fatalf("got %v, want close code %d", err, c.code)
			}
		})
	}
}

func TestReadBelievesALengthOnlyAsItsBytesArrive(t *testing.T) {
	t.Parallel()
	c := reading([]byte{0x82, 0x80 | 126, 0xff, 0xff, 1, 2, 3, 4})
	if _, _, err := c.Read(); err == nil {
		t.Fatal("a cut message was read")
	}
	if cap(c.msg) > 2*firstChunk {
		t.Fatalf("reserved %d bytes for nothing", cap(c.msg))
	}
}

func TestFragmentsAreBounded(t *testing.T) {
	t.Parallel()
	in := frame(0x01, nil)
	for range maxFragments {
		in = append(in, frame(0x00, nil)...)
	}
	var ce *CloseError
	if _, _, err := reading(in).Read(); !errors.As(err, &ce) || ce.Code != PolicyRefusal {
		t.Fatalf("got %v", err)
	}
}

func TestWriteFramesMessagesInOrder(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	c := newConn(testConfig, here, nil)
	sizes := []int{0, 1, 125, 126, 4084, 4090, 5000, 65535, 65536, 3}
	var messages []Message
	for _, n := range sizes {
		messages = append(messages, Message{Text, bytes.Repeat([]byte{byte('a' + len(messages))}, n)})
	}
	done := make(chan error, 1)
	go func() { done <- c.Write(append(messages, CloseMessage(TooBig, "no"))); c.Shut() }()
	all, err := io.ReadAll(there)
	if err != nil || <-done != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		head := appendHead(nil, m)
		if !bytes.HasPrefix(all, append(head, m.Data...)) {
			t.Fatalf("message of %d bytes: got head %x", len(m.Data), all[:min(len(all), 10)])
		}
		all = all[len(head)+len(m.Data):]
	}
	if want := "\x88\x04\x03\xf1no"; string(all) != want {
		t.Fatalf("close frame %q, want %q", all, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(join(frame(0x01, []byte("h")), frame(0x89, nil), frame(0x80, []byte("i"))))
	f.Add([]byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, in []byte) {
		c := reading(in)
		for {
			op, b, err := c.Read()
			if err != nil {
				return
			}
			if len(b) > testConfig.MaxMessage || op == Close {
				t.Fatalf("read %d bytes of operation %d", len(b), op)
			}
		}
	})
}

func TestAPanicEndsItsConnectionAlone(t *testing.T) {
	t.Parallel()
	cfg, told := *testConfig, make(chan any, 1)
	cfg.Panicked = func(v any) { told <- v }
	here, there := net.Pipe()
	cfg.take(here, true, func(*Conn) { panic("out of order") })
	if _, err := there.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the connection goes on: %v", err)
	}
	if v := <-told; v != "out of order" {
		t.Errorf("told %v", v)
	}
}
