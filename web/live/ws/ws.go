// Package ws is the frames of RFC 6455 on the server's side, made for many idle
// connections: a connection costs one goroutine, a small read buffer and no
// request context, because Tidemark keeps the hijacked socket itself once
// gofiber/contrib/websocket has answered the handshake.
//
// Upgrade hands a connection over, Conn.Read gives whole messages, Conn.Write sends
// a batch in as few system calls as fit. Extensions are never negotiated.
package ws

import (
	"encoding/base64"
	"net"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

// Op says what a message is (RFC 6455, section 5.2).
type Op byte

// The operations a peer sees.
const (
	Text   Op = 1
	Binary Op = 2
	Close  Op = 8
	Ping   Op = 9
	Pong   Op = 10
)

// The close codes used here (RFC 6455, section 7.4.1).
const (
	Normal        = 1000
	GoingAway     = 1001
	ProtocolError = 1002
	Unsupported   = 1003
	NoStatus      = 1005
	BadText       = 1007
	PolicyRefusal = 1008
	TooBig        = 1009
	ServerFault   = 1011
)

// Config is what all connections of a server share.
type Config struct {
	Clock        clock.Clock
	MaxMessage   int           // bytes of one incoming message; beyond it the read fails with TooBig
	WriteTimeout time.Duration // how long one write may wait for the peer
	Panicked     func(v any)   // told of a panic, which ends one connection alone; nil: it ends the process
}

// Rescue is to be deferred by the goroutines of a connection, so that a panic ends no other.
func (cfg *Config) Rescue() {
	if cfg.Panicked == nil {
		return
	}
	if v := recover(); v != nil {
		cfg.Panicked(v)
	}
}

// Requested says whether the request asks for a websocket.
func Requested(c *fiber.Ctx) bool { return websocket.IsWebSocketUpgrade(c) }

// Upgrade answers the handshake and runs serve with the connection on a goroutine
// of its own; the connection is closed when serve returns. A request that is no
// proper handshake is `malformed`.
func (cfg *Config) Upgrade(c *fiber.Ctx, serve func(*Conn)) error {
	nonce, err := base64.StdEncoding.DecodeString(c.Get("Sec-WebSocket-Key"))
	if c.Method() != fiber.MethodGet || !Requested(c) || err != nil || len(nonce) != 16 {
		return fault.New(fault.Malformed, "This address speaks WebSocket: send an upgrade request.")
	}
	if c.Get("Sec-WebSocket-Version") != "13" {
		c.Set("Sec-WebSocket-Version", "13")
		return fault.New(fault.Malformed, "Only version 13 of the WebSocket protocol is spoken here.")
	}
	keep := c.App().Server().KeepHijackedConns
	return websocket.New(func(up *websocket.Conn) { cfg.take(up.NetConn(), keep, serve) }, websocket.Config{
		ReadBufferSize: 1, WriteBufferSize: 1, // frames are read and written here, not there
		RecoverHandler: func(*websocket.Conn) {},
	})(c)
}

// take moves the upgraded connection to a goroutine of our own where the server
// lets us keep it, so that fasthttp takes its request context and buffers back at once.
func (cfg *Config) take(nc net.Conn, keep bool, serve func(*Conn)) {
	early, raw := nc, nc
	if u, ok := nc.(interface{ UnsafeConn() net.Conn }); ok {
		raw = u.UnsafeConn()
	}
	conn := newConn(cfg, raw, buffered(early, raw))
	run := func() {
		defer cfg.Rescue()
		defer conn.Shut()
		serve(conn)
	}
	if !keep {
		run()
		return
	}
	go run()
}

// buffered takes what the HTTP server read beyond the handshake. A deadline in
// the past lets a read give what is in the buffer and nothing from the network.
func buffered(early, raw net.Conn) []byte {
	if early == raw {
		return nil
	}
	_ = raw.SetReadDeadline(time.Unix(1, 0)) // a dead socket shows itself at the first read
	var all []byte
	var part [512]byte
	for {
		n, err := early.Read(part[:])
		all = append(all, part[:n]...)
		if err != nil || n == 0 {
			break
		}
	}
	_ = raw.SetReadDeadline(time.Time{})
	return all
}
