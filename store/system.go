package store

import (
	"context"
	"database/sql"
	"os"
	"strings"
)

// DatabaseFacts are how big the database is, and how its connections are used.
type DatabaseFacts struct {
	Bytes    int64 // of SQLite's file, or of all tables and indexes as the server estimates them
	WALBytes int64 // SQLite alone
	Pool     sql.DBStats
}

// DatabaseFacts reads the facts at once; a server that is asked for its size within ctx may not answer.
func (s *Store) DatabaseFacts(ctx context.Context) (DatabaseFacts, error) {
	f := DatabaseFacts{WALBytes: s.WALBytes(), Pool: s.rdb.Stats()}
	if s.path != "" {
		info, err := os.Stat(s.path)
		if err != nil {
			return f, err
		}
		f.Bytes = info.Size()
		return f, nil
	}
	err := s.rdb.QueryRowContext(ctx, `SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()`).Scan(&f.Bytes)
	return f, s.fault(err)
}

// Node is a process that serves this database, as the clients connected to it tell.
type Node struct {
	Name    string
	Clients int64
	SeenAt  int64 // when the last of its clients was heard of, ms
}

// Nodes are the processes that clients are connected to. It looks at every instance, so ctx should bound it.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	rows, err := s.rdb.QueryContext(ctx, "SELECT node, COUNT(*), MAX(last_seen_at) FROM instances WHERE conn_id <> 0 GROUP BY node ORDER BY node LIMIT 100")
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []Node
	for rows.Next() {
		var n Node
		if err := rows.Scan(&n.Name, &n.Clients, &n.SeenAt); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, n)
	}
	return out, s.fault(rows.Err())
}

// Names gives the names of administrators, API keys and tenants by their ids; those that are gone are not in it.
func (s *Store) Names(ctx context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	args := make([]any, 0, 3*len(ids))
	for range 3 {
		for _, id := range ids {
			args = append(args, id)
		}
	}
	in := "(?" + strings.Repeat(",?", len(ids)-1) + ")"
	type named struct{ id, name string }
	found, err := scanAll(s.read(ctx), func(row scanner, n *named) error { return row.Scan(&n.id, &n.name) },
		"SELECT id, name FROM accounts WHERE id IN "+in+" UNION ALL SELECT id, name FROM api_keys WHERE id IN "+in+" UNION ALL SELECT id, name FROM tenants WHERE id IN "+in, args...)
	for _, n := range found {
		names[n.id] = n.name
	}
	return names, s.fault(err)
}
