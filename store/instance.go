package store

import (
	"context"
	"strings"

	"tidemark/models"
)

var instanceColumns = []string{
	"tenant_id", "user_id", "instance_id", "mark", "acks", "platform", "user_agent", "address", "door", "clock_skew", "node", "conn_id",
	"connected_at", "first_seen_at", "last_seen_at",
}

var instanceSelect = "SELECT " + strings.Join(instanceColumns, ", ") + " FROM instances"

const instanceUpdate = `mark=%[1]s(mark), acks=%[1]s(acks), platform=%[1]s(platform), user_agent=%[1]s(user_agent), address=%[1]s(address),
door=%[1]s(door), clock_skew=%[1]s(clock_skew), node=%[1]s(node), conn_id=%[1]s(conn_id), connected_at=%[1]s(connected_at), last_seen_at=%[1]s(last_seen_at)`

var upsertInstances = map[string]*inserter{
	"sqlite": newInserter("INSERT", "instances", instanceColumns, " ON CONFLICT (tenant_id, user_id, instance_id) DO UPDATE SET "+
		strings.NewReplacer("%[1]s(", "excluded.", ")", "").Replace(instanceUpdate)),
	"mysql": newInserter("INSERT", "instances", instanceColumns, " ON DUPLICATE KEY UPDATE "+strings.ReplaceAll(instanceUpdate, "%[1]s", "VALUES")),
}

// SaveInstances writes instances as they are, in one transaction.
func (s *Store) SaveInstances(ctx context.Context, rows []models.Instance) error {
	err := s.Commit(ctx, func(t *CommitTx) error {
		return upsertInstances[s.dialect.name].run(t, len(rows), func(int) int { return 1024 }, func(args []any, i int) []any {
			in := &rows[i]
			return append(args, in.TenantID, in.UserID, in.ID, in.Mark, asInt(in.Acks), in.Platform, in.UserAgent, in.Address, int64(in.Door),
				asInt(in.ClockSkew), in.Node, int64(in.ConnID), in.ConnectedAt, in.FirstSeenAt, in.LastSeenAt)
		})
	})
	return s.fault(err)
}

// Disconnect says that nothing is connected to a node any more: it starts anew.
func (s *Store) Disconnect(ctx context.Context, node string) error {
	return s.fault(s.writes.WithContext(ctx).Exec("UPDATE instances SET conn_id = 0 WHERE node = ? AND conn_id <> 0", node).Error)
}

func scanInstance(row scanner, in *models.Instance) error {
	var conn int64
	err := row.Scan(&in.TenantID, &in.UserID, &in.ID, &in.Mark, &in.Acks, &in.Platform, &in.UserAgent, &in.Address, &in.Door, &in.ClockSkew,
		&in.Node, &conn, &in.ConnectedAt, &in.FirstSeenAt, &in.LastSeenAt)
	in.ConnID = uint64(conn)
	return err
}

// Instance reads an instance of a user; `not_found` when it was never seen.
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
	text, args := instanceSelect+" WHERE tenant_id = ?", []any{tenantID}
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
