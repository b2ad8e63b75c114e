package web

import (
	"bytes"
	"net"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"

	"tidemark/internal/netaddr"
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
	addr, _ := p.walk(ctx)
	return addr
}

// walk goes from the peer towards the client, and says how many named proxies it passed on the way.
func (p proxies) walk(ctx *fasthttp.RequestCtx) (addr netip.Addr, passed int) {
	addr = peer(ctx)
	if !p.trust(addr) {
		return addr, 0
	}
	hops := bytes.Join(ctx.Request.Header.PeekAll("X-Forwarded-For"), []byte(","))
	for hop := []byte(nil); len(hops) > 0; passed++ {
		hops, hop = lastOf(hops)
		a, err := hopAddr(string(hop))
		if err != nil {
			return addr, passed
		}
		if addr = a; !p.trust(a) {
			return addr, passed
		}
	}
	return addr, passed
}

// lastOf takes the last entry off a list with commas.
func lastOf(list []byte) (rest, last []byte) {
	if i := bytes.LastIndexByte(list, ','); i >= 0 {
		return list[:i], bytes.TrimSpace(list[i+1:])
	}
	return nil, bytes.TrimSpace(list)
}

// secure says whether the client's side of the connection is encrypted, as far as we
// may know: by the word of the trusted proxy it came to. Each that passes a request
// on adds to the list, or leaves what the first one said.
func (p proxies) secure(ctx *fasthttp.RequestCtx) bool {
	if ctx.IsTLS() {
		return true
	}
	if len(ctx.Request.Header.Peek("X-Forwarded-Proto")) == 0 || !p.trust(peer(ctx)) {
		return false
	}
	_, passed := p.walk(ctx)
	protos, proto := lastOf(bytes.Join(ctx.Request.Header.PeekAll("X-Forwarded-Proto"), []byte(",")))
	for ; passed > 0 && len(protos) > 0; passed-- {
		protos, proto = lastOf(protos)
	}
	return strings.EqualFold(string(proto), "https")
}

func peer(ctx *fasthttp.RequestCtx) netip.Addr { return addrOf(ctx.RemoteAddr()) }

func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return netaddr.Plain(tcp.AddrPort().Addr())
	}
	return netip.Addr{}
}

// hopAddr reads an address as proxies write it: bare, with a port, or in brackets.
func hopAddr(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return netaddr.Plain(ap.Addr()), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return netaddr.Plain(a), err
}
