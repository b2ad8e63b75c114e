package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"tidemark/internal/clock"
)

// What a tenant has beside its items, and how far back they go.
const (
	furnishUsers   = 200
	furnishEach    = 50 // items
	furnishDevices = 1000
	furnishKeys    = 200
	furnishTenants = 50
	furnishAudit   = 100_000
	furnishDays    = 30
	furnishRows    = 500 // of one statement
	largeBytes     = 2000
)

// furnish makes a tenant of what the fill left: items with tags, large ones and
// removed ones, users, devices, keys, a past, and other tenants beside it.
func (b *bench) furnish(server *process, visitor *person) error {
	if err := b.mark(server); err != nil {
		return err
	}
	for i := range furnishTenants - 1 {
		name := fmt.Sprintf("tenant-%02d", i)
		if err := visitor.post("/setup/tenant", url.Values{"name": {name}, "slug": {name}}); err != nil {
			return err
		}
	}
	for range furnishKeys - 1 {
		if err := visitor.post(ofTenant+"/connect", url.Values{}); err != nil {
			return err
		}
	}
	server.end() // what comes now it does not know of
	db, err := server.data()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what it did is committed
	if err := b.age(db); err != nil {
		return err
	}
	return b.restart(server)
}

// mark gives a hundredth of the items a tag, makes another large, removes a third, and gives users a few items each.
func (b *bench) mark(server *process) error {
	host := client(server, 1)
	defer host.CloseIdleConnections()
	req, res := newRequest(server), fasthttp.AcquireResponse()
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	req.SetRequestURI("/api/v1/sync/events")
	send := func(ops []string) error {
		req.SetBodyString(`{"events":[` + strings.Join(ops, ",") + `]}`)
		return pushed(host, req, res)
	}
	large := `"` + strings.Repeat(padding, largeBytes/valueBytes) + `"`
	for from := 0; from < b.items; from += 50 * 100 {
		var ops []string
		for n := from; n < min(from+50*100, b.items); n += 100 {
			ops = append(ops,
				fmt.Sprintf(`{"opId":"mark-%d","op":"set","key":%q,"value":%s,"tags":["urgent","bench"]}`, n, keyOf(n+3), value(n)),
				fmt.Sprintf(`{"opId":"large-%d","op":"set","key":%q,"value":%s}`, n, keyOf(n+5), large),
				fmt.Sprintf(`{"opId":"remove-%d","op":"remove","key":%q}`, n, keyOf(n+7)))
		}
		if err := send(ops); err != nil {
			return err
		}
	}
	for u := range furnishUsers {
		req.Header.Set("X-User-Id", fmt.Sprintf("user-%02d", u))
		var ops []string
		for n := range furnishEach {
			ops = append(ops, fmt.Sprintf(`{"opId":"user-%d-%d","op":"set","key":%q,"value":%s}`, u, n, keyOf(n), value(n)))
		}
		if err := send(ops); err != nil {
			return err
		}
	}
	return nil
}

// age spreads the changes over the last days, and adds devices and an audit as long.
func (b *bench) age(db *sql.DB) error {
	var tenant string
	var seq int64
	if err := db.QueryRowContext(b.ctx, "SELECT t.id, h.seq FROM tenants t JOIN tenant_heads h ON h.tenant_id = t.id WHERE t.slug = 'bench'").Scan(&tenant, &seq); err != nil {
		return err
	}
	now, span := time.Now(), int64(furnishDays*24*time.Hour/time.Millisecond)
	tx, err := db.BeginTx(b.ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	for _, text := range []string{
		"UPDATE changes SET at = ? - (? - seq) * ? WHERE tenant_id = ?",
		"UPDATE items SET modified_at = ? - (? - seq) * ? WHERE tenant_id = ?",
	} {
		if _, err := tx.ExecContext(b.ctx, text, now.UnixMilli(), seq, span/seq, tenant); err != nil {
			return err
		}
	}
	devices := insert{into: "instances (tenant_id, user_id, instance_id, mark, platform, user_agent, address, node, conn_id, connected_at, first_seen_at, last_seen_at)"}
	for i := range furnishDevices {
		seen := now.Add(-time.Duration(i) * time.Minute).UnixMilli()
		devices.add(tenant, fmt.Sprintf("user-%02d", i%furnishUsers), fmt.Sprintf("device-%04d", i), seq-int64(i)*seq/furnishDevices, "Android", "okhttp/4.12", "192.0.2.7", "", 0, seen, seen, seen)
	}
	audit := insert{into: "audit_entries (id, tenant_id, actor, action, object, address, request_id, at)"}
	for i := range furnishAudit {
		at := now.UnixMilli() - span + int64(i)*span/furnishAudit
		audit.add(clock.FirstID(at), tenant, "key:bench", "item.write", fmt.Sprint("item:", keyOf(i)), "192.0.2.7", "", at)
	}
	for _, rows := range []insert{devices, audit} {
		if err := rows.run(tx, b); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// insert is rows for a table.
type insert struct {
	into string // the table and its columns
	rows [][]any
}

func (i *insert) add(row ...any) { i.rows = append(i.rows, row) }

func (i *insert) run(tx *sql.Tx, b *bench) error {
	for len(i.rows) > 0 {
		some := i.rows[:min(len(i.rows), furnishRows)]
		i.rows = i.rows[len(some):]
		one := "(?" + strings.Repeat(",?", len(some[0])-1) + ")"
		var args []any
		for _, row := range some {
			args = append(args, row...)
		}
		if _, err := tx.ExecContext(b.ctx, "INSERT INTO "+i.into+" VALUES "+one+strings.Repeat(","+one, len(some)-1), args...); err != nil {
			return err
		}
	}
	return nil
}
