package oidc

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"tidemark/internal/netaddr"
)

const (
	askTimeout = 4 * time.Second // one request
	maxAnswer  = 256 << 10       // bytes, unpacked
	maxHeader  = 64 << 10
)

// errUnreached is in the chain of every error that says that no whole answer came.
var errUnreached = errors.New("the provider was not reached")

// newClient follows no redirect, reads so much and no more, and goes only where the provider may be: by TLS, or without it to
// this machine if the operator has put the provider there.
func newClient(o *Options) *http.Client {
	local := isLocal(o.Issuer)
	d := &net.Dialer{Timeout: askTimeout, Control: reach{local: local, world: o.preset && o.Base == ""}.control}
	return &http.Client{
		Timeout:       askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: bounded{plain: local, next: &http.Transport{
			DialContext: d.DialContext, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: askTimeout,
			ResponseHeaderTimeout: askTimeout, MaxResponseHeaderBytes: maxHeader, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		}},
	}
}

// reach says which addresses are dialled, after names were resolved.
type reach struct {
	local bool // this machine alone
	world bool // the internet alone
}

func (r reach) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	a, may := netaddr.Plain(at.Addr()), false
	switch {
	case r.local:
		may = a.IsLoopback()
	case r.world:
		may = netaddr.Outside(a)
	default: // the operator's own network, where no cloud tells its secrets
		may = !a.IsLinkLocalUnicast() && !a.IsMulticast() && !a.IsUnspecified()
	}
	if !may {
		return errors.New("a provider is not looked for at such an address")
	}
	return nil
}

// bounded refuses what is not TLS, and answers that are too long.
type bounded struct {
	next  http.RoundTripper
	plain bool // without TLS as well
}

// RoundTrip sends one request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && (!b.plain || r.URL.Scheme != "http") {
		return nil, fmt.Errorf("%w: it is not reached by TLS", errUnreached)
	}
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreached, err)
	}
	res.Body = &capped{ReadCloser: res.Body, left: maxAnswer}
	return res, nil
}

// capped is a body that ends in an error where it is too long.
type capped struct {
	io.ReadCloser
	left int
}

// Read reads on.
func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("%w: its answer is too long", errUnreached)
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// isLocal says whether an address is reached without TLS, on this machine.
func isLocal(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}
