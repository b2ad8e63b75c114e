package main

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
	_ "modernc.org/sqlite" // the driver of the SQLite reference
)

// targets of writes, as part of the echo's rate, by database and clients.
var writeTargets = map[string]map[int]float64{
	sqlite:  {32: 0.18, 128: 0.28},
	mariadb: {32: 0.10, 128: 0.18},
}

// writes measures durable writes of 200-byte values by REST against the echo, and
// the bare committer and the database's own batch insert beside them.
func (b *bench) writes() error {
	echo, err := b.self("echo")
	if err != nil {
		return err
	}
	for _, db := range b.databases() {
		server, err := b.tidemark("writes-"+db, db)
		if err != nil {
			return err
		}
		batches, err := b.batches(db)
		if err != nil {
			return err
		}
		bare, err := b.committer(db)
		if err != nil {
			return err
		}
		for _, clients := range []int{32, 128} {
			ours := &series{name: fmt.Sprintf("writes %s, %d clients", db, clients), run: load{server, clients, put(manyKeys)}.run}
			limit := &series{name: fmt.Sprintf("echo, %d clients", clients), run: load{echo, clients, put(manyKeys)}.run}
			least := &series{name: "bare committer " + db, run: load{bare, clients, put(manyKeys)}.run}
			rows := &series{name: "batch insert " + db, run: batches.run}
			if err := b.interleave(ours, limit, least, rows); err != nil {
				return err
			}
			name := fmt.Sprintf("writes by REST, %s, %d clients", db, clients)
			w := beside(name, "writes/s", ours, limit, "echo")
			b.report.add(w.atLeast(w.Ratio, writeTargets[db][clients]))
			b.report.add(beside("bare committer, "+db, "writes/s", least, limit, "echo"))
			b.report.add(beside(name, "writes/s", ours, least, "bare committer"))
			b.report.add(beside(name, "writes/s", ours, rows, "rows by batch insert"))
		}
		batches.close()
		server.end()
		bare.end()
	}
	return nil
}

// reads measures point reads by REST against the echo.
func (b *bench) reads() error {
	echo, err := b.self("echo")
	if err != nil {
		return err
	}
	server, err := b.tidemark("reads", sqlite)
	if err != nil {
		return err
	}
	if err := b.fill(server, manyKeys); err != nil {
		return err
	}
	for _, clients := range []int{32, 128} {
		ours := &series{name: fmt.Sprintf("point reads, %d clients", clients), run: load{server, clients, get(manyKeys)}.run}
		limit := &series{name: fmt.Sprintf("echo, %d clients", clients), run: load{echo, clients, get(manyKeys)}.run}
		if err := b.interleave(ours, limit); err != nil {
			return err
		}
		w := beside(fmt.Sprintf("point reads by REST, sqlite, %d clients", clients), "reads/s", ours, limit, "echo")
		b.report.add(w.atLeast(w.Ratio, 0.4))
	}
	return nil
}

const (
	pulled    = 100_000
	pullPage  = 1000
	pushBatch = 500
)

// pull measures a client that reads a log from its beginning.
func (b *bench) pull() error {
	for _, db := range b.databases() {
		server, err := b.tidemark("pull-"+db, db)
		if err != nil {
			return err
		}
		if err := b.fill(server, pulled); err != nil {
			return err
		}
		ours := &series{name: "pull " + db, run: func(time.Duration) (float64, error) { return pullAll(server) }}
		if err := b.interleave(ours); err != nil {
			return err
		}
		w := row{Name: fmt.Sprintf("pull of 100,000 changes in pages of 1,000, %s", db), Value: ours.median(), Unit: "changes/s"}
		if db == sqlite {
			w = w.atLeast(w.Value, 60_000)
		}
		b.report.add(w)
		server.end()
	}
	return nil
}

func pullAll(server *process) (float64, error) {
	host := client(server, 1)
	defer host.CloseIdleConnections()
	req, res := newRequest(server), fasthttp.AcquireResponse()
	began, changes := time.Now(), 0
	for since := ""; ; {
		req.SetRequestURI(fmt.Sprintf("/api/v1/sync/events?limit=%d&since=%s", pullPage, since))
		if err := host.Do(req, res); err != nil {
			return 0, err
		}
		body := string(res.Body())
		if res.StatusCode() != fasthttp.StatusOK {
			return 0, fmt.Errorf("status %d: %s", res.StatusCode(), body)
		}
		changes += strings.Count(body, `{"seq":`)
		tail := body[strings.LastIndex(body, `],"cursor":"`)+len(`],"cursor":"`):]
		since, _, _ = strings.Cut(tail, `"`)
		if strings.Contains(tail, `"hasMore":false`) {
			break
		}
	}
	if changes < pulled {
		return 0, fmt.Errorf("only %d changes came", changes)
	}
	return float64(changes) / time.Since(began).Seconds(), nil
}

// fill pushes so many items, 500 at a time over four connections.
func (b *bench) fill(server *process, items int) error {
	const lanes = 4
	host := client(server, lanes)
	defer host.CloseIdleConnections()
	failed := make(chan error, lanes)
	for lane := range lanes {
		go func() {
			req, res := newRequest(server), fasthttp.AcquireResponse()
			req.Header.SetMethod(fasthttp.MethodPost)
			req.Header.SetContentType("application/json")
			req.SetRequestURI("/api/v1/sync/events")
			for from := lane * pushBatch; from < items; from += lanes * pushBatch {
				req.SetBodyString(push(from, min(from+pushBatch, items)))
				err := pushed(host, req, res)
				if err == nil {
					err = b.ctx.Err()
				}
				if err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range lanes {
		if e := <-failed; e != nil {
			err = fmt.Errorf("fill with items: %w", e)
		}
	}
	return err
}

const pushTries = 5

// pushed sends a push until it is taken: one that a busy server gave up is repeated, which its ids make harmless.
func pushed(host *fasthttp.HostClient, req *fasthttp.Request, res *fasthttp.Response) error {
	var err error
	for range pushTries {
		if err = host.Do(req, res); err != nil {
			return err
		}
		if res.StatusCode() == fasthttp.StatusOK && !strings.Contains(string(res.Body()), "rejected") {
			return nil
		}
		err = fmt.Errorf("status %d: %.300s", res.StatusCode(), res.Body())
		if res.StatusCode() != fasthttp.StatusServiceUnavailable {
			return err
		}
		time.Sleep(time.Second)
	}
	return err
}

func push(from, to int) string {
	var s strings.Builder
	s.WriteString(`{"events":[`)
	for n := from; n < to; n++ {
		if n > from {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"opId":"fill-%d","op":"set","key":%q,"value":%s}`, n, keyOf(n), value(n))
	}
	s.WriteString(`]}`)
	return s.String()
}

// batches is the database's own limit: 500 rows of a key and a value in one
// statement and one durable transaction, one after the other.
type batches struct {
	db   *sql.DB
	next int
}

func (b *bench) batches(db string) (*batches, error) {
	var r batches
	var err error
	if db == sqlite {
		r.db, err = sql.Open("sqlite", "file:"+filepath.Join(b.dir, "batches.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	} else if _, err = b.mariaDatabase(); err == nil {
		r.db, err = b.maria.open(b.maria.last())
	}
	if err != nil {
		return nil, err
	}
	r.db.SetMaxOpenConns(1)
	_, err = r.db.ExecContext(b.ctx, "CREATE TABLE IF NOT EXISTS batches (k VARCHAR(64) PRIMARY KEY, v BLOB)")
	return &r, err
}

func (r *batches) run(d time.Duration) (float64, error) {
	const rows = 500
	query := "INSERT INTO batches (k, v) VALUES (?,?)" + strings.Repeat(",(?,?)", rows-1)
	began, n := time.Now(), 0
	for ; time.Since(began) < d; n += rows {
		args := make([]any, 0, 2*rows)
		for range rows {
			r.next++
			args = append(args, fmt.Sprintf("row-%09d", r.next), []byte(value(r.next)))
		}
		if _, err := r.db.Exec(query, args...); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

func (r *batches) close() { _ = r.db.Close() } // nothing of it is needed any more
