package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// merging measures writes of two devices that each time change an item over what
// the other has just written, so that the server merges them, against such of
// devices that have seen each other's.
func (b *bench) merging() error {
	for _, db := range b.databases() {
		server, err := b.tidemark("merging-"+db, db)
		if err != nil {
			return err
		}
		if err := ask(server.run("tenant", "create", "--slug", "merging", "--name", "Merging", "--conflict-strategy", "MERGE", "--json"), &struct{}{}); err != nil {
			return err
		}
		var made struct{ Key string }
		if err := ask(server.run("apikey", "create", "--tenant", "merging", "--name", "bench", "--json"), &made); err != nil {
			return err
		}
		server.key = made.Key
		for _, clients := range []int{32, 128} {
			apart := &series{name: fmt.Sprintf("writes that merge %s, %d clients", db, clients), run: duels{server, clients, true}.run}
			inStep := &series{name: fmt.Sprintf("writes that do not %s, %d clients", db, clients), run: duels{server, clients, false}.run}
			if err := b.interleave(apart, inStep); err != nil {
				return err
			}
			w := beside(fmt.Sprintf("writes that conflict and merge, %s, %d clients", db, clients), "writes/s", apart, inStep, "without a conflict")
			b.report.add(w.atLeast(w.Ratio, 0.6))
		}
		server.end()
	}
	return nil
}

// duels are clients that each write items of their own as two devices in turn.
type duels struct {
	to      *process
	clients int
	apart   bool // each device is always one write behind the other
}

var dueling atomic.Int64 // numbers keys, so that each run has its own

func (d duels) run(length time.Duration) (float64, error) {
	host := client(d.to, d.clients)
	defer host.CloseIdleConnections()
	type lane struct {
		n    int64
		took time.Duration
		err  error
	}
	lanes := make(chan lane, d.clients)
	for range d.clients {
		go func() {
			n, took, err := d.lane(host, length)
			lanes <- lane{n, took, err}
		}()
	}
	rate := 0.0
	var failed error
	for range d.clients {
		l := <-lanes
		if l.err != nil {
			failed = l.err
		}
		rate += float64(l.n) / l.took.Seconds()
	}
	return rate, failed
}

// lane makes its items, and then writes them in turn for a time.
func (d duels) lane(host *fasthttp.HostClient, length time.Duration) (n int64, took time.Duration, err error) {
	const items = 8
	req, res := newRequest(d.to), fasthttp.AcquireResponse()
	var all [items]*duel
	for i := range all {
		all[i] = &duel{key: fmt.Sprint("duel-", dueling.Add(1))}
		for range 2 {
			if err := all[i].write(host, req, res, false); err != nil {
				return 0, time.Second, err
			}
		}
	}
	for began := time.Now(); ; n++ {
		if took = time.Since(began); took >= length {
			return n, took, nil
		}
		if err := all[n%items].write(host, req, res, d.apart); err != nil {
			return n, time.Second, err
		}
	}
}

// duel is an item with a field for each of two devices, which take turns.
type duel struct {
	key     string
	version int
	turn    int
	counts  [2]int
	before  [2]int // counts as they were a write ago
}

var filler = strings.Repeat("abcdefgh", 20)

// write is the next device's change of its field, made against what stands or, apart, against what stood a write ago.
func (d *duel) write(host *fasthttp.HostClient, req *fasthttp.Request, res *fasthttp.Response, apart bool) error {
	base, known := d.version, d.counts
	if apart {
		base, known = d.version-1, d.before
	}
	known[d.turn] = d.counts[d.turn] + 1
	req.Header.SetMethod(fasthttp.MethodPut)
	req.Header.SetContentType("application/json")
	req.Header.Set("X-Instance-Id", [2]string{"left", "right"}[d.turn])
	req.SetRequestURI(itemPath + d.key)
	req.SetBodyString(fmt.Sprintf(`{"value":{"left":%d,"right":%d,"text":%q},"version":%d}`, known[0], known[1], filler, base))
	if err := host.Do(req, res); err != nil {
		return err
	}
	want := map[bool]string{true: `"status":"merged"`, false: `"status":"applied"`}[apart]
	if res.StatusCode() != fasthttp.StatusOK || !strings.Contains(string(res.Body()), want) {
		return fmt.Errorf("not %s: %d %s", want, res.StatusCode(), res.Body())
	}
	d.before = d.counts
	d.counts[d.turn]++
	d.version++
	d.turn = 1 - d.turn
	return nil
}
