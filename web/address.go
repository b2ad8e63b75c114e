package web

import (
	"bytes"
	"net"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// proxies are the networks whose word about their clients is believed.
type proxies []netip.Prefix

func (p proxies) trust(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// client is where a request comes from: the socket's peer or, if that is a
// trusted proxy, the right-most hop it names that is none.
func (p proxies) client(ctx *fasthttp.RequestCtx) netip.Addr {
	addr := peer(ctx)
	if !p.trust(addr) {
		return addr
	}
	hops := bytes.Join(ctx.Request.Header.PeekAll("X-Forwarded-For"), []byte(","))
	for len(hops) > 0 {
		var hop []byte
		if i := bytes.LastIndexByte(hops, ','); i >= 0 {
			hops, hop = hops[:i], hops[i+1:]
		} else {
			hops, hop = nil, hops
		}
		a, err := hopAddr(string(bytes.TrimSpace(hop)))
		if err != nil {
			return addr
		}
		if addr = a; !p.trust(a) {
			return addr
		}
	}
	return addr
}

// secure says whether the client's side of the connection is encrypted, as far as we may know.
func (p proxies) secure(ctx *fasthttp.RequestCtx) bool {
	if ctx.IsTLS() {
		return true
	}
	proto := ctx.Request.Header.Peek("X-Forwarded-Proto")
	return len(proto) > 0 && p.trust(peer(ctx)) && strings.EqualFold(string(proto), "https")
}

func peer(ctx *fasthttp.RequestCtx) netip.Addr { return addrOf(ctx.RemoteAddr()) }

func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return normal(tcp.AddrPort().Addr())
	}
	return netip.Addr{}
}

// hopAddr reads an address as proxies write it: bare, with a port, or in brackets.
func hopAddr(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return normal(ap.Addr()), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return normal(a), err
}

// normal gives one form to addresses that mean the same host.
func normal(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
