package main

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	slotWidth = 10 * time.Microsecond
	slots     = 200_000 // two seconds; what takes longer counts as that
)

// crowd is the subscribers of one server, and what reached them.
type crowd struct {
	to        *process
	door      door
	members   []*subscriber
	delivered atomic.Int64
	failed    atomic.Pointer[error]
	delays    []atomic.Int32 // deliveries by how long they took
	work      sync.WaitGroup
}

// gather connects n subscribers, a few at a time.
func gather(to *process, d door, n, room int) (*crowd, error) {
	c := &crowd{to: to, door: d, members: make([]*subscriber, n), delays: make([]atomic.Int32, slots)}
	errs, turns := make(chan error, n), make(chan struct{}, 16)
	for i := range n {
		turns <- struct{}{}
		go func() {
			var err error
			c.members[i], err = subscribe(to, d, room)
			<-turns
			errs <- err
		}()
	}
	var err error
	for range n {
		if e := <-errs; e != nil {
			err = e
		}
	}
	if err != nil {
		c.leave()
	}
	return c, err
}

// listen lets all members read until they leave.
func (c *crowd) listen() {
	for _, s := range c.members {
		c.work.Go(func() {
			for {
				m, err := s.next()
				if err != nil {
					c.failed.CompareAndSwap(nil, &err)
					return
				}
				if bytes.HasPrefix(m, live[c.door]) {
					c.note(m)
				}
			}
		})
	}
}

func (c *crowd) note(m []byte) {
	c.delivered.Add(1)
	_, rest, _ := bytes.Cut(m, []byte(`"t":`))
	digits, _, _ := bytes.Cut(rest, []byte(","))
	sent, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return
	}
	took := max(time.Since(time.Unix(0, sent)), 0)
	c.delays[min(int(took/slotWidth), slots-1)].Add(1)
}

func (c *crowd) leave() {
	for _, s := range c.members {
		if s != nil {
			_ = s.conn.Close() // nothing more is read
		}
	}
	c.work.Wait()
}

// broken is what ended a member before its time; nil: nothing.
func (c *crowd) broken() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// message is the value of a write with the time it is sent at. To the bare hub
// goes what Tidemark would send for it, which is longer.
func (c *crowd) message(wire int) []byte {
	head := `{"t":` + strconv.FormatInt(time.Now().UnixNano(), 10) + `,"text":"`
	if c.door != bareHub {
		wire = valueBytes
	}
	b := append(append(bytes.Repeat([]byte{'x'}, wire-2), '"'), '}')
	copy(b, head)
	return b
}

// publisher sends messages to a crowd's server over one connection.
type publisher struct {
	c    *crowd
	wire int
	host *fasthttp.HostClient
	req  *fasthttp.Request
	res  *fasthttp.Response
}

func (c *crowd) publisher(wire int) *publisher {
	p := &publisher{c: c, wire: wire, host: client(c.to, 1), req: newRequest(c.to), res: fasthttp.AcquireResponse()}
	p.req.Header.SetMethod(fasthttp.MethodPut)
	p.req.Header.SetContentType("application/json")
	return p
}

func (p *publisher) send(n int) error {
	p.req.SetRequestURI(itemPath + keyOf(n%manyKeys))
	body := p.c.message(p.wire)
	if p.c.door != bareHub {
		body = append(append([]byte(`{"value":`), body...), '}')
	}
	p.req.SetBodyRaw(body)
	if err := p.host.Do(p.req, p.res); err != nil {
		return err
	}
	if p.res.StatusCode() != fasthttp.StatusOK {
		return fmt.Errorf("status %d: %s", p.res.StatusCode(), p.res.Body())
	}
	return nil
}
