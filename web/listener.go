package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tidemark/internal/clock"
)

const (
	writeTimeout   = 30 * time.Second // for any single write to a client
	lingerTime     = 2 * time.Second  // for a client to finish sending what was refused
	lingerBytes    = 32 << 20
	connsPerClient = 4096 // open connections of one address
)

// listen takes the address, or says plainly why it cannot.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("cannot listen on %s: another program does already; stop it or set PORT: %w", addr, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("cannot listen on %s: not permitted; choose a PORT above 1023: %w", addr, err)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: check HOST and PORT: %w", addr, err)
	}
	return ln, nil
}

// listener hands out connections that bound every write, and not too many to one address.
type listener struct {
	net.Listener
	trusted proxies
	max     int

	mu       sync.Mutex
	open     map[netip.Addr]int
	silent   map[*conn]struct{} // nothing has come from them yet
	draining bool
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := addrOf(c.RemoteAddr())
		if !l.enter(from) {
			_ = c.Close() // nobody to tell
			continue
		}
		made := &conn{Conn: c, hub: l, leave: func() { l.leave(from) }}
		l.greet(made)
		return made, nil
	}
}

func (l *listener) enter(a netip.Addr) bool {
	if a.IsLoopback() || l.trusted.trust(a) {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a] >= l.max {
		return false
	}
	l.open[a]++
	return true
}

// greet remembers a connection until something comes from it; one that comes while the server stops is ended.
func (l *listener) greet(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining {
		_ = c.Conn.Close() // whoever serves it sees that at its first read
		return
	}
	if l.silent == nil {
		l.silent = map[*conn]struct{}{}
	}
	l.silent[c] = struct{}{}
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.silent, c)
}

// hangUp ends connections that were opened ahead and never used: a server that
// stops would wait for their first request.
func (l *listener) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	for c := range l.silent {
		_ = c.Conn.Close() // whoever serves it sees that at its first read
	}
}

func (l *listener) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a] > 1 {
		l.open[a]--
		return
	}
	delete(l.open, a)
}

// conn gives a client writeTimeout for each write, until its user sets deadlines of its own.
type conn struct {
	net.Conn
	hub    *listener
	heard  atomic.Bool // something has come from it
	leave  func()
	closed atomic.Bool
	linger atomic.Bool
	custom atomic.Bool
	armed  atomic.Int64 // seconds since the epoch, when the deadline was last moved
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.heard.Load() {
		c.heard.Store(true)
		c.hub.forget(c)
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	if !c.custom.Load() {
		now := clock.System{}.Now()
		if s := now.Unix(); c.armed.Swap(s) != s {
			_ = c.Conn.SetWriteDeadline(now.Add(writeTimeout)) // fails on a closed connection, as the write will
		}
	}
	return c.Conn.Write(b)
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.custom.Store(!t.IsZero())
	c.armed.Store(0)
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) SetDeadline(t time.Time) error {
	c.custom.Store(!t.IsZero())
	c.armed.Store(0)
	return c.Conn.SetDeadline(t)
}

// SyscallConn gives the raw connection, for those who wait for it to become readable.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return sc.SyscallConn()
}

// Close ends the connection. A client that is still sending what was refused gets
// a moment, or it would see a reset instead of the answer.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	defer c.leave()
	defer c.hub.forget(c)
	if c.linger.Load() {
		c.drain()
	}
	return c.Conn.Close()
}

func (c *conn) drain() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.SetReadDeadline(clock.System{}.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // whatever comes is thrown away
}

// lingering makes a refused client's connection end gently.
func lingering(c net.Conn) {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = t.NetConn()
	}
	if own, ok := c.(*conn); ok {
		own.linger.Store(true)
	}
}
