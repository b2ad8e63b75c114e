package engine_test

import (
	"fmt"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// trash moves a tenant to the trash and gives it as it is then.
func (h *harness) trash(t models.Tenant) models.Tenant {
	h.Helper()
	t, err := h.store.TenantNamed(h.Context(), t.ID)
	h.ok(err)
	t, err = h.store.TrashTenant(h.Context(), t.ID, t.Version)
	h.ok(err)
	return t
}

// inhabit gives a tenant rows in the tables that a tenant's data lies in.
func (h *harness) inhabit(n *node, t models.Tenant, items int) {
	h.Helper()
	u := callerOf(t, "u", "phone")
	_, w := h.live(n, u)
	for i := range items {
		h.put(n, u, named(fmt.Sprint("op", i), tagged(set(fmt.Sprint("k", i), `"v"`), "t")))
	}
	w.until(h, "its own change", func() bool { return len(w.events()) > 0 })
	h.try(n, callerOf(t, "u", "other"), on(0, set("k0", `"conflict"`)))
	_, err := h.store.CreateAPIKey(h.Context(), models.APIKey{TenantID: t.ID, Name: "till", Hash: []byte(t.ID), Prefix: "sk_", Last4: "abcd"})
	h.ok(err)
	h.exec("INSERT INTO purged_versions (tenant_id, bucket, version) VALUES (?,1,1)", t.ID)
	h.exec("INSERT INTO tickets (hash, tenant_id, caller, expires_at) VALUES (?,?,?,1)", []byte(t.ID), t.ID, []byte("x"))
	h.exec("INSERT INTO jobs (id, tenant_id, kind, status, error, actor, created_at, updated_at) VALUES (?,?,'clear','done','','x',1,1)", t.ID, t.ID)
}

// tenantTables are all tables that have a column for the tenant, but the audit.
func (h *harness) tenantTables() (names []string) {
	h.Helper()
	text := "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'tenant_id' AND m.name NOT LIKE 'audit_%'"
	if h.kind == "mysql" {
		text = "SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'tenant_id' AND table_name NOT LIKE 'audit_%'"
	}
	rows, err := h.db().QueryContext(h.Context(), text)
	h.ok(err)
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		var name string
		h.ok(rows.Scan(&name))
		names = append(names, name)
	}
	h.ok(rows.Err())
	return names
}

func (h *harness) rowsIn(table, tenantID string) (n int) {
	h.Helper()
	h.ok(h.db().QueryRowContext(h.Context(), "SELECT COUNT(*) FROM "+table+" WHERE tenant_id = ?", tenantID).Scan(&n))
	return n
}

func (h *harness) finished(j models.Job) models.Job {
	h.Helper()
	eventually(h.T, "the deletion ends", func() bool {
		var err error
		j, err = h.store.Job(h.Context(), "", j.ID)
		h.ok(err)
		return j.Status != models.JobOpen
	})
	return j
}

// A deletion for good leaves nothing in any table but the audit, and nothing of another tenant goes.
func TestADeletedTenantLeavesNothingButItsAudit(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		globex := h.addTenant("globex", "")
		h.inhabit(n, h.tenant, 600)
		h.inhabit(n, globex, 3)
		before := map[string]int{}
		for _, table := range h.tenantTables() {
			before[table] = h.rowsIn(table, globex.ID)
		}
		by := store.As(h.Context(), store.Author{Actor: "account:amina"})
		_, err := n.DeleteTenant(by, h.tenant)
		h.is(err, fault.StaleEdit) // it is not in the trash
		trashed := h.trash(h.tenant)
		j, err := n.DeleteTenant(by, trashed)
		h.ok(err)
		if j = h.finished(j); j.Status != models.JobDone || j.Actor != "account:amina" || j.Done < 1800 || j.Done != j.Total {
			h.Errorf("%+v", j)
		}
		for _, table := range h.tenantTables() {
			if left := h.rowsIn(table, h.tenant.ID); left != 0 {
				h.Errorf("%d rows are left in %s", left, table)
			}
			if left := h.rowsIn(table, globex.ID); left < before[table] {
				h.Errorf("another tenant has %d rows in %s, and had %d", left, table, before[table])
			}
		}
		_, err = h.store.TenantNamed(h.Context(), h.tenant.ID)
		h.is(err, fault.NotFound)
		entries, err := h.store.AuditEntries(h.Context(), h.tenant.ID, "", 2)
		h.ok(err)
		if entries[0].Action != "tenant.deleted" || entries[1].Action != "tenant.delete" || entries[0].Actor != "account:amina" || entries[1].Actor != "account:amina" {
			h.Errorf("%+v", entries)
		}
		h.addTenant("acme", "") // its slug is free again
		h.put(n, callerOf(globex, "u", ""), set("k0", `1`))
	})
}

// A deletion that a stopped process left goes on in the next one, and the tenant cannot be restored meanwhile.
func TestADeletionGoesOnAfterARestart(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.fill(n, h.user("u"), 3000)
		trashed := h.trash(h.tenant)
		j, err := n.DeleteTenant(h.Context(), trashed)
		h.ok(err)
		n.stop(h) // in the middle of it
		if now, err := h.store.TenantNamed(h.Context(), h.tenant.ID); err == nil {
			_, err = h.store.RestoreTenant(h.Context(), now.ID, now.Version)
			h.is(err, fault.StaleEdit)
			m := h.node()
			_, err = m.DeleteTenant(h.Context(), now)
			if !fault.Is(err, fault.StaleEdit) && !fault.Is(err, fault.NotFound) {
				h.Errorf("a second deletion: %v", err)
			}
		}
		if j = h.finished(j); j.Status != models.JobDone {
			h.Errorf("%+v", j)
		}
		if left := h.rowsIn("items", h.tenant.ID); left != 0 {
			h.Errorf("%d items are left", left)
		}
	})
}

// What is written while a tenant is deleted goes with it: the last step looks again, under the head's lock.
func TestADeletionTakesWhatIsWrittenMeanwhile(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), set("a", `1`))
		trashed := h.trash(h.tenant)
		n.stop(h)
		j := models.Job{ID: "j", Kind: engine.JobTenantDelete, Node: "a node"}
		_, err := h.store.BeginTenantDelete(h.Context(), trashed, j, models.TenantEffect{})
		h.ok(err)
		h.ok(h.store.ClaimJob(h.Context(), j.ID, j.Node, 1<<60))
		if gone, err := h.store.FinishTenantDelete(h.Context(), h.tenant.ID, j); gone || err != nil {
			h.Fatalf("a tenant with an item goes: %v", err)
		}
		h.exec("UPDATE jobs SET status = 'failed'")
		n = h.node()
		now, err := h.store.TenantNamed(h.Context(), h.tenant.ID)
		h.ok(err)
		j, err = n.DeleteTenant(h.Context(), now) // one that failed can be asked for again
		h.ok(err)
		h.finished(j)
		_, err = n.Write(h.Context(), h.user("u"), []protocol.Op{set("b", `1`)})
		h.is(err, fault.NotFound) // nobody can write into a tenant that is gone
	})
}
