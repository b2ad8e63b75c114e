package store

import (
	"context"
	"math/bits"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

const replacedKept = 24 * 60 * 60_000 // ms; a node that has not looked by then is not there

// noteReplaced notes the connections that instances about to be taken, which are
// locked, have to other nodes. The statement comes in few sizes: the last instance fills it up.
func (t *CommitTx) noteReplaced(node string, rows []models.Instance) error {
	names := 1 << bits.Len(uint(len(rows)-1))
	args := []any{clock.Millis(t.s.clock), node}
	for i := range names {
		in := &rows[min(i, len(rows)-1)]
		args = append(args, in.TenantID, in.UserID, in.ID)
	}
	const one = "tenant_id = ? AND user_id = ? AND instance_id = ?"
	return t.exec(t.s.dialect.insertIgnore+" INTO replaced_connections (node, conn_id, at) SELECT node, conn_id, ? FROM instances WHERE node <> ? AND conn_id <> 0 AND ("+
		one+strings.Repeat(" OR "+one, names-1)+")", args...)
}

// Ended is a connection that its node shall close.
type Ended struct {
	ConnID uint64
	Code   string // what an administrator's end of it is called; empty: its instance connected to another node
}

// Ended gives the connections that a node shall close, each once.
func (s *Store) Ended(ctx context.Context, node string) ([]Ended, error) {
	scan := func(row scanner, e *Ended) error { return row.Scan(&e.ConnID, &e.Code) }
	all, err := scanAll(s.read(ctx), scan, "SELECT conn_id, code FROM replaced_connections WHERE node = ?", node)
	if err != nil || len(all) == 0 {
		return nil, s.fault(err)
	}
	conns := make([]uint64, len(all))
	for i := range all {
		conns[i] = all[i].ConnID
	}
	return all, s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM replaced_connections WHERE node = ? AND conn_id IN ?", node, conns).Error
	})
}
