package store_test

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tidemark/internal/clock"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

// Whoever has a connection never waits for a second one.
func TestTheFewestConnectionsSufficeForManyWriters(t *testing.T) {
	t.Parallel()
	db := testkit.MariaDB(t)
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{MaxConns: 2, MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}}))
	t.Cleanup(func() { _ = s.Close() })
	wantFault(t, s.Migrate(t.Context()), "")
	var tenants [8]models.Tenant
	for n := range tenants {
		tenants[n] = must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: fmt.Sprint("tenant-", n)}))
	}
	var writers sync.WaitGroup
	for _, tenant := range tenants {
		writers.Go(func() {
			for seq := int64(1); seq <= 20; seq++ {
				err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
					if _, err := tx.LockHead(tenant.ID); err != nil {
						return err
					}
					rows := make([]*models.Change, seq%5+1)
					for i := range rows {
						rows[i] = &models.Change{TenantID: tenant.ID, Seq: seq*10 + int64(i), Owner: "u", TxLast: true}
					}
					return tx.InsertChanges(rows)
				})
				wantFault(t, err, "")
			}
		})
	}
	writers.Wait()
}

func TestAServerThatPreparesNoMoreStillServes(t *testing.T) {
	t.Parallel()
	server := testkit.StartMariaDB(t)
	db := server.Create(t)
	now := clock.At(time.UnixMilli(1_767_225_600_000))
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{Clock: now, MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}}))
	t.Cleanup(func() { _ = s.Close() })
	wantFault(t, s.Migrate(t.Context()), "")
	tenant := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr = db.User, db.Password, "tcp", db.Address
	admin := sql.OpenDB(must[driver.Connector](t)(mysql.NewConnector(cfg)))
	t.Cleanup(func() { _ = admin.Close() })
	keep := func(n int) {
		must[sql.Result](t)(admin.ExecContext(t.Context(), fmt.Sprint("SET GLOBAL max_prepared_stmt_count = ", n)))
	}
	prepared := func() (n int) {
		var name string
		wantFault(t, admin.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &n), "")
		return n
	}
	seq := int64(0)
	serve := func() {
		t.Helper()
		seq++
		wantFault(t, s.Commit(t.Context(), func(tx *store.CommitTx) error {
			h, err := tx.LockHead(tenant.ID)
			if err != nil {
				return err
			}
			if _, err = s.Head(t.Context(), tenant.ID); err != nil { // over another connection
				return err
			}
			if _, err = tx.MoveHead(h, seq, h.Usage); err != nil {
				return err
			}
			return tx.InsertChanges([]*models.Change{{TenantID: tenant.ID, Seq: seq, Owner: "u", TxLast: true}})
		}), "")
		if h := must[models.Head](t)(s.Head(t.Context(), tenant.ID)); h.Seq != seq {
			t.Errorf("the head stands at %d, want %d", h.Seq, seq)
		}
		if rows := must[[]models.Change](t)(s.Changes(t.Context(), store.LogQuery{TenantID: tenant.ID, UpTo: 9, Limit: 9})); len(rows) != int(seq) {
			t.Errorf("%d rows, want %d", len(rows), seq)
		}
	}
	_ = must[models.Head](t)(s.Head(t.Context(), tenant.ID)) // one connection has this one
	keep(0)
	serve()
	keep(1000)
	before := prepared()
	now.Advance(59 * time.Second)
	serve()
	if n := prepared() - before; n != 0 {
		t.Errorf("within a minute after it refused it is asked %d times", n)
	}
	now.Advance(time.Second)
	serve()
	if prepared() == before {
		t.Error("a minute after it refused it is asked no more")
	}
}
