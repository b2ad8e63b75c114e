package browser

import (
	"bytes"
	"fmt"
	"net"
	"testing"
)

// newLine listens until the test ends.
func newLine(t *testing.T, port int) *line {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{url: "http://" + ln.Addr().String(), to: fmt.Sprint("127.0.0.1:", port), how: "pass", free: make(chan struct{}), open: map[*wire]bool{}}
	close(l.free)
	t.Cleanup(func() {
		_ = ln.Close() // nobody asks any more
		l.become("cut")
	})
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			go l.carry(near)
		}
	}()
	return l
}

// become changes what happens to streams: cut ends those that are open and lets new ones pass.
func (l *line) become(how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if how == "still" && l.how != "still" {
		l.free = make(chan struct{})
	}
	if how != "still" && l.how == "still" {
		close(l.free)
	}
	l.how = how
	for w := range l.open {
		if how == "cut" && w.stream {
			w.end()
		}
	}
}

func (w *wire) end() {
	_ = w.near.Close() // one end may be gone
	_ = w.far.Close()
}

func (l *line) carry(near net.Conn) {
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		_ = near.Close() // as the server would
		return
	}
	w := &wire{near: near, far: far}
	l.mu.Lock()
	l.open[w] = true
	l.mu.Unlock()
	go func() {
		l.pass(w, near, far, l.sniff)
		w.end()
	}()
	l.pass(w, far, near, l.wait)
	w.end()
	l.mu.Lock()
	delete(l.open, w)
	l.mu.Unlock()
}

// pass copies what comes, after something was done about it.
func (l *line) pass(w *wire, from, to net.Conn, first func(w *wire, b []byte)) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			first(w, b[:n])
			if _, werr := to.Write(b[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// sniff notes whether the newest request on a wire is for a stream.
func (l *line) sniff(w *wire, b []byte) {
	head, _, _ := bytes.Cut(b, []byte("\r\n"))
	l.mu.Lock()
	defer l.mu.Unlock()
	w.stream = bytes.Contains(head, []byte("/stream"))
}

// wait holds what a stream says while the line is still.
func (l *line) wait(w *wire, _ []byte) {
	l.mu.Lock()
	free, held := l.free, l.how == "still" && w.stream
	l.mu.Unlock()
	if held {
		<-free
	}
}
