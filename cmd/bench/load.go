package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	valueBytes = 200
	manyKeys   = 10_000
	answerIn   = 30 * time.Second
)

// load is clients that each send one request after the other over a connection of their own.
type load struct {
	to      *process
	clients int
	shape   func(*fasthttp.Request) // sets method, path and body of the next request
}

// run sends for a time and gives the answers per second. An answer that is not 200 is an error.
func (l load) run(d time.Duration) (float64, error) {
	host := client(l.to, l.clients)
	defer host.CloseIdleConnections()
	var (
		answers atomic.Int64
		work    sync.WaitGroup
		failed  = make(chan error, l.clients)
	)
	began := time.Now()
	until := began.Add(d)
	for range l.clients {
		work.Go(func() {
			n, err := l.one(host, until)
			answers.Add(n)
			if err != nil {
				failed <- err
			}
		})
	}
	work.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		return 0, err
	default:
		return float64(answers.Load()) / took.Seconds(), nil
	}
}

func (l load) one(host *fasthttp.HostClient, until time.Time) (n int64, err error) {
	req, res := newRequest(l.to), fasthttp.AcquireResponse()
	for time.Now().Before(until) {
		l.shape(req)
		if err := host.Do(req, res); err != nil {
			return n, err
		}
		if res.StatusCode() != fasthttp.StatusOK {
			return n, fmt.Errorf("status %d: %s", res.StatusCode(), res.Body())
		}
		n++
	}
	return n, nil
}

func client(to *process, conns int) *fasthttp.HostClient {
	return &fasthttp.HostClient{Addr: to.addr, MaxConns: conns, ReadTimeout: answerIn, WriteTimeout: answerIn, NoDefaultUserAgentHeader: true}
}

func newRequest(to *process) *fasthttp.Request {
	req := fasthttp.AcquireRequest()
	req.Header.SetHost(to.addr)
	if to.key != "" {
		req.Header.Set("X-API-Key", to.key)
	}
	return req
}

const itemPath = "/api/v1/sync-storage/item/"

// put writes a value of 200 bytes to any one of so many keys.
func put(keys int) func(*fasthttp.Request) {
	return func(req *fasthttp.Request) {
		req.Header.SetMethod(fasthttp.MethodPut)
		req.Header.SetContentType("application/json")
		req.SetRequestURI(itemPath + keyOf(rand.IntN(keys)))
		req.SetBodyString(`{"value":` + value(rand.IntN(1e9)) + `}`)
	}
}

// get reads any one of so many keys.
func get(keys int) func(*fasthttp.Request) {
	return func(req *fasthttp.Request) {
		req.Header.SetMethod(fasthttp.MethodGet)
		req.SetRequestURI(itemPath + keyOf(rand.IntN(keys)))
	}
}

// keyOf gives keys of which a hundred neighbours share a prefix.
func keyOf(n int) string { return fmt.Sprintf("list-%06d-%02d", n/100, n%100) }

// prefixOf is the prefix of a hundred keys.
func prefixOf(n int) string { return fmt.Sprintf("list-%06d-", n/100) }

var padding = strings.Repeat("abcdefgh", valueBytes/8)

// value is JSON of exactly 200 bytes, in the form it is stored in.
func value(n int) string {
	head := `{"n":` + strconv.Itoa(n) + `,"text":"`
	return head + padding[:valueBytes-len(head)-2] + `"}`
}
