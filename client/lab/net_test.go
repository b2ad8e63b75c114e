package lab

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"tidemark/internal/fault"
)

var errNet = errors.New("the network lost it")

// letter is a request on its way, kept to be delivered late.
type letter struct {
	method, path string
	header       http.Header
	body         []byte
}

// name tells a request in a story: what differs from run to run, as cursors do, is left out.
func (l letter) name() string {
	path, _, _ := strings.Cut(l.path, "?")
	return l.method + " " + strings.TrimPrefix(path, "/api/v1/sync/")
}

// answer is what came back for one.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// network is the way between a replica and the server. What happens to a request is drawn.
type network struct {
	w    *world
	r    *replica
	cut  bool
	last *answer // of a pull, to come again

	stale bool // such a one came
}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	l := letter{method: req.Method, path: req.URL.RequestURI(), header: req.Header}
	if req.Body != nil {
		var err error
		if l.body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	a, err := n.carry(l)
	if n.w.trouble && n.w.chance(8) == 0 { // the app does not wait for the network
		if failed := n.r.edit(); !fault.Is(failed, fault.NotFound) {
			err = errors.Join(err, failed)
		}
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: req,
	}, nil
}

// carry decides what becomes of a request.
func (n *network) carry(l letter) (answer, error) {
	w, push, pull := n.w, l.method == http.MethodPost, strings.HasPrefix(l.path, "/api/v1/sync/events?")
	if n.cut {
		w.tell("   %s is cut off", n.r.name)
		return answer{}, errNet
	}
	if push {
		w.noteSent(n.r, l.body)
	}
	switch fate := w.chance(100); {
	case !w.trouble || fate >= 24:
		return n.keep(l, pull)
	case fate < 5:
		w.tell("   lost: %s", l.name())
		return answer{}, errNet
	case fate < 11:
		w.tell("   answer lost: %s", l.name())
		_, err := n.keep(l, false)
		return answer{}, errors.Join(errNet, err)
	case fate < 15:
		w.tell("   doubled: %s", l.name())
		if _, err := n.keep(l, false); err != nil {
			return answer{}, err
		}
		return n.keep(l, pull)
	case fate < 20 && push:
		w.tell("   late: %s", l.name())
		w.late = append(w.late, l)
		return answer{}, errNet
	case pull && n.last != nil:
		w.tell("   an old answer: %s", l.name())
		n.stale = true
		return *n.last, nil
	}
	return n.keep(l, pull)
}

func (n *network) keep(l letter, pull bool) (answer, error) {
	a, err := n.w.deliver(l)
	if err == nil && pull && a.status == http.StatusOK && n.last == nil {
		n.last = &a
	} else if n.w.trouble && n.w.chance(6) == 0 {
		n.last = nil // the next one is kept
	}
	return a, err
}

const patience = 100 // times a request is sent to a server that is busy

// deliver brings a request to the server. That a machine has too much to do is no part of the story.
func (w *world) deliver(l letter) (a answer, err error) {
	for range patience {
		if a, err = w.send(l); err != nil || a.status < http.StatusInternalServerError {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return a, err
}

func (w *world) send(l letter) (answer, error) {
	req, err := http.NewRequestWithContext(w.ctx, l.method, w.server.url+l.path, bytes.NewReader(l.body))
	if err != nil {
		return answer{}, err
	}
	req.Header = l.header.Clone()
	res, err := w.wire.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body}, err
}
