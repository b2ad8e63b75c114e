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
	lastWord       = time.Second // for a request to arrive whole when the server stops
	connsPerClient = 4096        // open connections of one address
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

	until atomic.Int64 // when reading ends, in ns since the epoch; 0: the server does not stop yet

	mu    sync.Mutex
	open  map[netip.Addr]int
	conns map[*conn]struct{}
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

// greet remembers a connection until it is closed; one that comes while the server stops is ended.
func (l *listener) greet(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until.Load() != 0 {
		_ = c.Conn.Close() // whoever serves it sees that at its first read
		return
	}
	if l.conns == nil {
		l.conns = map[*conn]struct{}{}
	}
	l.conns[c] = struct{}{}
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// hangUp ends connections that were opened ahead and never used, and gives those that
// are sending a request a last moment: a server that stops would wait for them.
func (l *listener) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := clock.System{}.Now().Add(lastWord)
	l.until.Store(end.UnixNano())
	for c := range l.conns {
		if !c.heard.Load() {
			_ = c.Conn.Close() // whoever serves it sees that at its first read
			continue
		}
		_ = c.SetReadDeadline(end) // fails on a closed connection
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

// SetReadDeadline moves the deadline, but not beyond the moment when a server that stops no longer reads.
func (c *conn) SetReadDeadline(t time.Time) error {
	for {
		until, at := c.hub.until.Load(), t
		if end := time.Unix(0, until); until != 0 && (t.IsZero() || t.After(end)) {
			at = end
		}
		if err := c.Conn.SetReadDeadline(at); err != nil || c.hub.until.Load() == until {
			return err
		}
	}
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
