package client_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"tidemark/client"
	"tidemark/internal/testkit"
)

// nobody is at an address where nothing listens.
var nobody = &testkit.Process{URL: "http://127.0.0.1:9"}

// network is the way to the server, which a test closes.
type network struct {
	mu    sync.Mutex
	on    func(*http.Request) (*http.Response, error) // nil: open
	asked int
}

func (n *network) carry(o *client.Options) { o.Transport = n }

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	on := n.on
	n.asked++
	n.mu.Unlock()
	if on == nil {
		return http.DefaultTransport.RoundTrip(req)
	}
	return on(req)
}

func (n *network) set(on func(*http.Request) (*http.Response, error)) {
	n.mu.Lock()
	n.on, n.asked = on, 0
	n.mu.Unlock()
}

func (n *network) requests() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

func (n *network) open() { n.set(nil) }

var errCut = errors.New("the network is cut")

// cut loses what is sent.
func (n *network) cut() {
	n.set(func(*http.Request) (*http.Response, error) { return nil, errCut })
}

// drop loses the answers to a method: what was asked has happened.
func (n *network) drop(method string) {
	n.set(func(req *http.Request) (*http.Response, error) {
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil || req.Method != method {
			return res, err
		}
		return nil, errors.Join(errCut, res.Body.Close())
	})
}

// answer answers a method in the server's place; headers are "Name: value".
func (n *network) answer(method string, status int, body string, headers ...string) {
	n.set(func(req *http.Request) (*http.Response, error) {
		if req.Method != method {
			return http.DefaultTransport.RoundTrip(req)
		}
		res := &http.Response{Status: http.StatusText(status), StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			res.Header.Set(name, value)
		}
		return res, nil
	})
}
