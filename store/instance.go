package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

var instanceColumns = []string{
	"tenant_id", "user_id", "instance_id", "mark", "acks", "platform", "user_agent", "address", "door", "clock_skew", "node", "conn_id",
	"key_id", "connected_at", "first_seen_at", "last_seen_at", "forgotten_at", "schema_version",
}

var instanceSelect = "SELECT " + strings.Join(instanceColumns, ", ") + " FROM instances"

// savedColumns are what a save changes. A take changes the node and the key, too, and takes one back that was forgotten.
var (
	savedColumns = []string{
		"mark", "acks", "platform", "user_agent", "address", "door", "clock_skew", "conn_id", "connected_at", "last_seen_at", "schema_version",
	}
	takenColumns = slices.Concat(savedColumns, []string{"node", "key_id", "first_seen_at", "forgotten_at"})
)

// instanceWrites are the statements of a dialect that write instances.
type instanceWrites struct{ take, save *inserter }

var writeInstances = map[string]instanceWrites{
	"sqlite": {
		take: newInserter("INSERT", "instances", instanceColumns, onSQLite(takenColumns)),
		save: newInserter("INSERT", "instances", instanceColumns, onSQLite(savedColumns)+" WHERE instances.node = excluded.node"),
	},
	"mysql": {
		take: newInserter("INSERT", "instances", instanceColumns, onMySQL(takenColumns, "VALUES(%[1]s)")),
		save: newInserter("INSERT", "instances", instanceColumns, onMySQL(savedColumns, "IF(node = VALUES(node), VALUES(%[1]s), %[1]s)")),
	},
}

func onSQLite(columns []string) string {
	return " ON CONFLICT (tenant_id, user_id, instance_id) DO UPDATE SET " + each(columns, "%[1]s=excluded.%[1]s")
}

func onMySQL(columns []string, value string) string {
	return " ON DUPLICATE KEY UPDATE " + each(columns, "%[1]s="+value)
}

// each writes a form once for every name, with commas between.
func each(names []string, form string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fmt.Sprintf(form, name)
	}
	return strings.Join(out, ", ")
}

// SaveInstances writes instances as they are, in one transaction. One that
// another node has taken meanwhile stays as that node left it.
func (s *Store) SaveInstances(ctx context.Context, rows []models.Instance) error {
	return s.saveInstances(ctx, rows, func(t *CommitTx, sorted []models.Instance) error {
		return t.putInstances(writeInstances[s.dialect.name].save, sorted)
	})
}

// TakeInstances is SaveInstances of those that connected to a node: they are the
// node's from now on. A connection that one had to another node is noted for
// that node, which finds it by Ended.
func (s *Store) TakeInstances(ctx context.Context, node string, rows []models.Instance) error {
	put := writeInstances[s.dialect.name]
	return s.saveInstances(ctx, rows, func(t *CommitTx, sorted []models.Instance) error {
		if err := t.putInstances(put.save, sorted); err != nil { // now they are there, and locked
			return err
		}
		for some := range slices.Chunk(sorted, maxStatementRows) {
			if err := t.noteReplaced(node, some); err != nil {
				return err
			}
		}
		return t.putInstances(put.take, sorted)
	})
}

// saveInstances runs f in one transaction, with the rows in an order that all nodes lock them in.
func (s *Store) saveInstances(ctx context.Context, rows []models.Instance, f func(*CommitTx, []models.Instance) error) error {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b models.Instance) int {
		return cmp.Or(cmp.Compare(a.TenantID, b.TenantID), cmp.Compare(a.UserID, b.UserID), cmp.Compare(a.ID, b.ID))
	})
	var err error
	for range maxWriteAttempts {
		if err = s.Commit(ctx, func(t *CommitTx) error { return f(t, sorted) }); err == nil || !s.Aborted(err) {
			break
		}
	}
	return s.fault(err)
}

func (t *CommitTx) putInstances(in *inserter, rows []models.Instance) error {
	return in.run(t, len(rows), func(int) int { return 1024 }, func(args []any, i int) []any {
		in := &rows[i]
		return append(args, in.TenantID, in.UserID, in.ID, in.Mark, asInt(in.Acks), in.Platform, in.UserAgent, in.Address, int64(in.Door),
			asInt(in.ClockSkew), in.Node, int64(in.ConnID), in.KeyID, in.ConnectedAt, in.FirstSeenAt, in.LastSeenAt, in.ForgottenAt, in.Schema)
	})
}

// Disconnect says that nothing is connected to a node any more: it starts anew.
func (s *Store) Disconnect(ctx context.Context, node string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE instances SET conn_id = 0 WHERE node = ? AND conn_id <> 0", node).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM replaced_connections WHERE node = ? OR at < ?", node, clock.Millis(s.clock)-replacedKept).Error
	})
}

func scanInstance(row scanner, in *models.Instance) error {
	var conn int64
	err := row.Scan(&in.TenantID, &in.UserID, &in.ID, &in.Mark, &in.Acks, &in.Platform, &in.UserAgent, &in.Address, &in.Door, &in.ClockSkew,
		&in.Node, &conn, &in.KeyID, &in.ConnectedAt, &in.FirstSeenAt, &in.LastSeenAt, &in.ForgottenAt, &in.Schema)
	in.ConnID = uint64(conn)
	return err
}

// Instance reads an instance of a user, also one that was forgotten; `not_found` when it was never seen.
func (s *Store) Instance(ctx context.Context, tenantID, userID, id string) (models.Instance, error) {
	var in models.Instance
	row, err := s.queryRow(ctx, instanceSelect+" WHERE tenant_id = ? AND user_id = ? AND instance_id = ?", tenantID, userID, id)
	if err != nil {
		return in, s.fault(err)
	}
	return in, s.fault(scanInstance(row, &in))
}

// Instances lists the instances of a user, or with userID empty of a tenant.
func (s *Store) Instances(ctx context.Context, tenantID, userID string, limit int) ([]models.Instance, error) {
	text, args := instanceSelect+" WHERE tenant_id = ? AND forgotten_at = 0", []any{tenantID}
	if userID != "" {
		text, args = text+" AND user_id = ?", append(args, userID)
	}
	rows, err := s.query(ctx, text+" ORDER BY user_id, instance_id LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Instance
	for rows.Next() {
		var in models.Instance
		if err := scanInstance(rows, &in); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, in)
	}
	return out, s.fault(rows.Err())
}
