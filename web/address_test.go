package web

import (
	"net"
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"
)

func TestTheClientIsTheRightMostHopThatIsNoTrustedProxy(t *testing.T) {
	t.Parallel()
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		peer string
		hops []string
		want string
	}{
		"nobody in between":             {"203.0.113.7", nil, "203.0.113.7"},
		"an untrusted peer's word":      {"203.0.113.7", []string{"1.2.3.4"}, "203.0.113.7"},
		"one proxy":                     {"10.0.0.1", []string{"203.0.113.7"}, "203.0.113.7"},
		"a hop the client made up":      {"10.0.0.1", []string{"1.1.1.1, 203.0.113.7"}, "203.0.113.7"},
		"two proxies":                   {"10.0.0.1", []string{"1.1.1.1, 203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		"two header lines":              {"10.0.0.1", []string{"1.1.1.1", "203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		"only proxies":                  {"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"nonsense":                      {"10.0.0.1", []string{"203.0.113.7, unknown"}, "10.0.0.1"},
		"a port":                        {"10.0.0.1", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		"an address in brackets":        {"10.0.0.1", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		"an IPv4 address in IPv6 form":  {"::ffff:203.0.113.7", nil, "203.0.113.7"},
		"a mapped proxy and mapped hop": {"::ffff:10.0.0.1", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"a zone":                        {"fe80::1%eth0", nil, "fe80::1"},
		"nothing named":                 {"10.0.0.1", nil, "10.0.0.1"},
		"empty":                         {"10.0.0.1", []string{""}, "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ap := netip.AddrPortFrom(netip.MustParseAddr(c.peer), 1)
			var ctx fasthttp.RequestCtx
			ctx.Init(&fasthttp.Request{}, net.TCPAddrFromAddrPort(ap), nil)
			for _, h := range c.hops {
				ctx.Request.Header.Add("X-Forwarded-For", h)
			}
			if got := trusted.client(&ctx).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestOnlyATrustedProxySaysThatTheClientIsSecure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trusted []netip.Prefix
		want    string
	}{
		{nil, ""},
		{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "max-age=63072000"},
	} {
		s, _ := bare(t, func(o *Options) { o.TrustedProxies = c.trusted })
		a := call(t, "GET", serve(t, s)+"/health/live", "", "X-Forwarded-Proto: https")
		if got := a.header.Get("Strict-Transport-Security"); got != c.want {
			t.Errorf("with %v: got %q, want %q", c.trusted, got, c.want)
		}
	}
}

func TestTheSchemeIsWhatTheProxySaysThatTheClientCameTo(t *testing.T) {
	t.Parallel()
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		peer   string
		hops   string
		protos []string
		want   bool
	}{
		"one proxy":                              {"10.0.0.1", "203.0.113.7", []string{"https"}, true},
		"one proxy, over plain HTTP":             {"10.0.0.1", "203.0.113.7", []string{"http"}, false},
		"nobody in between":                      {"203.0.113.7", "", []string{"https"}, false},
		"two proxies, plain between them":        {"10.0.0.1", "203.0.113.7, 10.0.0.2", []string{"https,http"}, true},
		"two proxies, in two lines":              {"10.0.0.1", "203.0.113.7, 10.0.0.2", []string{"https", "http"}, true},
		"two proxies, the first alone says it":   {"10.0.0.1", "203.0.113.7, 10.0.0.2", []string{"https"}, true},
		"what the client made up":                {"10.0.0.1", "203.0.113.7", []string{"https, http"}, false},
		"what the client made up, with its hops": {"10.0.0.1", "10.0.0.9, 203.0.113.7", []string{"https, http"}, false},
		"plain at the client, encrypted behind":  {"10.0.0.1", "203.0.113.7, 10.0.0.2", []string{"http, https"}, false},
		"no hops named":                          {"10.0.0.1", "", []string{"HTTPS"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ctx fasthttp.RequestCtx
			ctx.Init(&fasthttp.Request{}, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.peer), 1)), nil)
			if c.hops != "" {
				ctx.Request.Header.Set("X-Forwarded-For", c.hops)
			}
			for _, p := range c.protos {
				ctx.Request.Header.Add("X-Forwarded-Proto", p)
			}
			if got := trusted.secure(&ctx); got != c.want {
				t.Errorf("secure is %v, want %v", got, c.want)
			}
		})
	}
}

func TestAnAddressHasABoundOfConnections(t *testing.T) {
	t.Parallel()
	l := &listener{max: 2, open: map[netip.Addr]int{}, trusted: proxies{netip.MustParsePrefix("10.0.0.0/8")}}
	a, b := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")
	first, second := l.enter(a), l.enter(a)
	if !first || !second || l.enter(a) {
		t.Error("two connections are allowed, not three")
	}
	if !l.enter(b) {
		t.Error("another address counts apart")
	}
	l.leave(a)
	if !l.enter(a) {
		t.Error("a closed connection makes room")
	}
	for range 5 {
		if !l.enter(netip.MustParseAddr("127.0.0.1")) || !l.enter(netip.MustParseAddr("10.1.1.1")) {
			t.Error("this machine and trusted proxies have no bound")
		}
	}
}
