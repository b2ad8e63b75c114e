package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// committer is what a server that makes writes durable in common costs at the
// least: behind a Fiber handler one goroutine takes what queued while the last
// batch was committed, and writes a log and the latest values with one fsync.
// It asks nobody who they are, and knows no conflicts, quotas, devices or subscribers.
type committer struct {
	db     *sql.DB
	lock   string // of the head, after its SELECT
	upsert string // what an insert of a key that is there does
	queue  chan *durable
}

// durable is a write that waits for its commit.
type durable struct {
	key     string
	value   []byte
	seq     int64
	version int64
	done    chan error
}

const committerBatch = 512

func serveCommitter(addr, db, dsn string) error {
	c := &committer{queue: make(chan *durable, 4096), upsert: " ON CONFLICT(k) DO UPDATE SET value=excluded.value, version=excluded.version, seq=excluded.seq, at=excluded.at"}
	driver := "sqlite"
	if db == mariadb {
		driver, c.lock = "mysql", " FOR UPDATE"
		c.upsert = " ON DUPLICATE KEY UPDATE value=VALUES(value), version=VALUES(version), seq=VALUES(seq), at=VALUES(at)"
	}
	var err error
	if c.db, err = sql.Open(driver, dsn); err != nil {
		return err
	}
	for _, text := range []string{
		"CREATE TABLE bare_head (id INTEGER PRIMARY KEY, seq BIGINT NOT NULL)",
		"INSERT INTO bare_head VALUES (1, 0)",
		"CREATE TABLE bare_items (k VARCHAR(255) PRIMARY KEY, value BLOB, version BIGINT, seq BIGINT, at BIGINT)",
		"CREATE TABLE bare_log (seq BIGINT PRIMARY KEY, k VARCHAR(255), value BLOB, version BIGINT, at BIGINT)",
	} {
		if _, err := c.db.Exec(text); err != nil {
			return err
		}
	}
	go c.run()
	app := bare()
	app.Put(itemPath+":key", c.put)
	app.Get(itemPath+":key", c.get)
	return app.Listen(addr)
}

func (c *committer) put(ctx *fiber.Ctx) error {
	var in struct {
		Value json.RawMessage `json:"value"`
	}
	d := json.NewDecoder(bytes.NewReader(ctx.Body()))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	w := &durable{key: ctx.Params("key"), value: in.Value, done: make(chan error, 1)}
	c.queue <- w
	if err := <-w.done; err != nil {
		return err
	}
	return ctx.JSON(fiber.Map{"status": "applied", "key": w.key, "seq": w.seq, "version": w.version})
}

func (c *committer) get(ctx *fiber.Ctx) error {
	var value []byte
	var version, seq int64
	err := c.db.QueryRowContext(ctx.UserContext(), "SELECT value, version, seq FROM bare_items WHERE k = ?", ctx.Params("key")).Scan(&value, &version, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return fiber.ErrNotFound
	}
	if err != nil {
		return err
	}
	return ctx.JSON(fiber.Map{"key": ctx.Params("key"), "value": json.RawMessage(value), "version": version, "seq": seq})
}

func (c *committer) run() {
	for w := range c.queue {
		batch := []*durable{w}
		for more := true; more && len(batch) < committerBatch; {
			select {
			case w := <-c.queue:
				batch = append(batch, w)
			default:
				more = false
			}
		}
		err := c.commit(context.Background(), batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (c *committer) commit(ctx context.Context, batch []*durable) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var seq int64
	if err := tx.QueryRowContext(ctx, "SELECT seq FROM bare_head WHERE id = 1"+c.lock).Scan(&seq); err != nil {
		return err
	}
	versions, err := versionsOf(ctx, tx, batch)
	if err != nil {
		return err
	}
	now, rows, last := time.Now().UnixMilli(), []any(nil), map[string]*durable{}
	for _, w := range batch {
		seq++
		versions[w.key]++
		w.seq, w.version, last[w.key] = seq, versions[w.key], w
		rows = append(rows, w.seq, w.key, w.value, w.version, now)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO bare_log (seq, k, value, version, at) VALUES "+tuples(len(batch)), rows...); err != nil {
		return err
	}
	rows = nil
	for _, w := range last {
		rows = append(rows, w.seq, w.key, w.value, w.version, now)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO bare_items (seq, k, value, version, at) VALUES "+tuples(len(last))+c.upsert, rows...); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE bare_head SET seq = ? WHERE id = 1", seq); err != nil {
		return err
	}
	return tx.Commit()
}

func versionsOf(ctx context.Context, tx *sql.Tx, batch []*durable) (map[string]int64, error) {
	keys := make([]any, len(batch))
	for i, w := range batch {
		keys[i] = w.key
	}
	rows, err := tx.QueryContext(ctx, "SELECT k, version FROM bare_items WHERE k IN (?"+strings.Repeat(",?", len(batch)-1)+")", keys...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	out := map[string]int64{}
	for rows.Next() {
		var key string
		var version int64
		if err := rows.Scan(&key, &version); err != nil {
			return nil, err
		}
		out[key] = version
	}
	return out, rows.Err()
}

// tuples are so many rows of five values.
func tuples(n int) string { return "(?,?,?,?,?)" + strings.Repeat(",(?,?,?,?,?)", n-1) }

// committer starts the bare committer on a database of its own.
func (b *bench) committer(db string) (*process, error) {
	dsn := "file:" + filepath.Join(b.dir, fmt.Sprintf("bare-%d.db", len(b.started))) + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_txlock=immediate"
	if db == mariadb {
		if _, err := b.mariaDatabase(); err != nil {
			return nil, err
		}
		dsn = b.maria.dsn(fmt.Sprintf("bench_%d", b.maria.made))
	}
	return b.self("committer", db, dsn)
}
