package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"tidemark/models"
)

const (
	maxTouched    = 500   // keys per statement
	changesBehind = 2_000 // newest changes among which those of an author are looked for
	usageColumns  = 7
)

// NoteKeyUse notes when keys were last used and adds what was counted to their hours, in
// few statements and one transaction. It does not count as a change of the keys.
func (s *Store) NoteKeyUse(ctx context.Context, usedAt map[string]int64, hours []models.KeyUsage) error {
	ids := make([]string, 0, len(usedAt))
	for id := range usedAt {
		ids = append(ids, id)
	}
	slices.Sort(ids) // all nodes lock in one order
	rows := slices.SortedFunc(slices.Values(hours), func(a, b models.KeyUsage) int {
		return cmp.Or(cmp.Compare(a.TenantID, b.TenantID), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.At, b.At))
	})
	if len(ids) == 0 && len(rows) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		for some := range slices.Chunk(ids, maxTouched) {
			if err := touchKeys(tx, some, usedAt); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(rows, maxTouched) {
			if err := s.addUsage(tx, some); err != nil {
				return err
			}
		}
		return nil
	})
}

func touchKeys(tx *gorm.DB, ids []string, usedAt map[string]int64) error {
	var when strings.Builder
	var args []any
	for _, id := range ids {
		when.WriteString(" WHEN ? THEN ?")
		args = append(args, id, usedAt[id])
	}
	args = append(args, ids)
	return tx.Exec("UPDATE api_keys SET last_used_at = CASE id"+when.String()+" ELSE last_used_at END WHERE id IN ?", args...).Error
}

// addUsage adds to hours that other nodes may have begun.
func (s *Store) addUsage(tx *gorm.DB, rows []models.KeyUsage) error {
	args := make([]any, 0, usageColumns*len(rows))
	for i := range rows {
		u := &rows[i]
		args = append(args, u.TenantID, u.KeyID, u.At, u.Requests, u.Reads, u.Writes, u.Refused)
	}
	values := strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?,?),", len(rows)), ",")
	return tx.Exec("INSERT INTO api_key_usage (tenant_id, key_id, at, requests, read_ok, write_ok, refused) VALUES "+values+s.adding(), args...).Error
}

func (s *Store) adding() string {
	counts := []string{"requests", "read_ok", "write_ok", "refused"}
	if s.dialect.name == "mysql" {
		return " ON DUPLICATE KEY UPDATE " + each(counts, "%[1]s = %[1]s + VALUES(%[1]s)")
	}
	return " ON CONFLICT (tenant_id, key_id, at) DO UPDATE SET " + each(counts, "%[1]s = %[1]s + excluded.%[1]s")
}

func scanUsage(row scanner, u *models.KeyUsage) error {
	return row.Scan(&u.TenantID, &u.KeyID, &u.At, &u.Requests, &u.Reads, &u.Writes, &u.Refused)
}

// KeyUsage reads the hours of a tenant's keys from a moment (ms) on in which anything was asked, oldest first.
func (s *Store) KeyUsage(ctx context.Context, tenantID string, ids []string, from int64) ([]models.KeyUsage, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := scanAll(s.read(ctx), scanUsage, `SELECT tenant_id, key_id, at, requests, read_ok, write_ok, refused FROM api_key_usage
WHERE tenant_id = ? AND key_id IN ? AND at >= ? ORDER BY key_id, at`, tenantID, ids, from)
	return out, s.fault(err)
}

// SweepKeyUsage removes hours that began before a moment (ms).
func (s *Store) SweepKeyUsage(ctx context.Context, before int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM api_key_usage WHERE at < ?", before).Error
	})
}

// RecentChangesBy reads the newest rows of a tenant's log that an author such as key:<id>
// wrote, newest first. Only the newest rows of the log are looked at, so it stays cheap.
func (s *Store) RecentChangesBy(ctx context.Context, tenantID, actor string, limit int) ([]models.Change, error) {
	h, err := s.Head(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, changeSelect+" WHERE tenant_id = ? AND seq > ? AND actor = ? ORDER BY seq DESC LIMIT ?",
		tenantID, h.Seq-changesBehind, actor, limit)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := s.scanChanges(rows, recentBytes)
	return out, s.fault(err)
}
