// Package ws is the server's side of RFC 6455 over fasthttp, made for many idle
// connections: a connection costs one goroutine, a small read buffer and no
// request context, because Tidemark keeps the hijacked socket itself.
//
// Upgrade answers the handshake, Conn.Read gives whole messages, Conn.Write sends
// a batch in as few system calls as fit. Extensions are never negotiated.
package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

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
}

const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Requested says whether the request asks for a websocket.
func Requested(c *fiber.Ctx) bool {
	return hasToken(c.Get(fiber.HeaderConnection), "upgrade") && hasToken(c.Get(fiber.HeaderUpgrade), "websocket")
}

// Upgrade answers the handshake and runs serve with the connection on a goroutine
// of its own; the connection is closed when serve returns. A request that is no
// proper handshake is `malformed`.
func (cfg *Config) Upgrade(c *fiber.Ctx, serve func(*Conn)) error {
	key := c.Get("Sec-WebSocket-Key")
	nonce, err := base64.StdEncoding.DecodeString(key)
	if c.Method() != fiber.MethodGet || !Requested(c) || err != nil || len(nonce) != 16 {
		return fault.New(fault.Malformed, "This address speaks WebSocket: send an upgrade request.")
	}
	if c.Get("Sec-WebSocket-Version") != "13" {
		c.Set("Sec-WebSocket-Version", "13")
		return fault.New(fault.Malformed, "Only version 13 of the WebSocket protocol is spoken here.")
	}
	c.Status(fiber.StatusSwitchingProtocols)
	c.Set(fiber.HeaderConnection, "Upgrade")
	c.Set(fiber.HeaderUpgrade, "websocket")
	c.Set("Sec-WebSocket-Accept", accept(key))
	c.Context().Hijack(cfg.hijack(c.App().Server().KeepHijackedConns, serve))
	return nil
}

// hijack moves the connection to a goroutine of our own where the server lets us
// keep it, so that fasthttp takes its request context and buffers back at once.
func (cfg *Config) hijack(keep bool, serve func(*Conn)) fasthttp.HijackHandler {
	return func(nc net.Conn) {
		early, raw := nc, nc
		if u, ok := nc.(interface{ UnsafeConn() net.Conn }); ok {
			raw = u.UnsafeConn()
		}
		conn := newConn(cfg, raw, buffered(early, raw))
		run := func() {
			defer conn.Shut()
			serve(conn)
		}
		if !keep {
			run()
			return
		}
		go run()
	}
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

func accept(key string) string {
	sum := sha1.Sum([]byte(key + acceptSuffix)) // RFC 6455 section 4.2.2; not a security use
	return base64.StdEncoding.EncodeToString(sum[:])
}

func hasToken(header, token string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if strings.EqualFold(strings.TrimSpace(part), token) {
			return true
		}
	}
	return false
}
