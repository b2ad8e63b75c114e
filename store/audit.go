package store

import (
	"context"
	"encoding/json"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

// Author is on whose behalf a change of keys, tenants or administrators is made.
type Author struct {
	Actor     string // account:<id>, key:<id>, …
	Address   string
	RequestID string
}

type authorKey struct{}

// As gives the context an author; the audit rows of what is done with it name them. Without one it is "system".
func As(ctx context.Context, a Author) context.Context {
	return context.WithValue(ctx, authorKey{}, a)
}

// ActorOf is the actor of the context's author.
func ActorOf(ctx context.Context) string { return authorOf(ctx).Actor }

func authorOf(ctx context.Context) Author {
	if a, ok := ctx.Value(authorKey{}).(Author); ok {
		return a
	}
	return Author{Actor: "system"}
}

// audited runs f in a transaction that also writes the audit row f returns and moves the revision.
func (s *Store) audited(ctx context.Context, f func(tx *gorm.DB) (models.AuditEntry, error)) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		e, err := f(tx)
		if err != nil {
			return err
		}
		if err := s.addAudit(ctx, tx, e); err != nil {
			return err
		}
		return bumpRevision(tx)
	})
}

const auditInsert = `INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, request_id, at, detail) VALUES (?,?,?,?,?,?,?,?,?)`

func (s *Store) addAudit(ctx context.Context, tx *gorm.DB, e models.AuditEntry) error {
	return tx.Exec(auditInsert, s.auditRow(ctx, e)...).Error
}

// Audit adds a row to the audit for what changes nothing, such as a look at a tenant's data; its author is that of the context.
func (s *Store) Audit(ctx context.Context, e models.AuditEntry) error {
	return s.write(ctx, func(tx *gorm.DB) error { return s.addAudit(ctx, tx, e) })
}

// Audit adds a row to the audit with the commit; its author is that of the commit's context.
func (t *CommitTx) Audit(e models.AuditEntry) error {
	return t.exec(auditInsert, t.s.auditRow(t.ctx, e)...)
}

// AuditBy adds a row to the audit with the commit, in the name of an author.
func (t *CommitTx) AuditBy(a Author, e models.AuditEntry) error {
	return t.exec(auditInsert, t.s.auditRow(As(t.ctx, a), e)...)
}

func (s *Store) auditRow(ctx context.Context, e models.AuditEntry) []any {
	by := authorOf(ctx)
	return []any{clock.NewID(s.clock), e.TenantID, by.Actor, e.Action, e.Object, by.Address, by.RequestID, clock.Millis(s.clock), orNil(e.Detail)}
}

// AuditEntries reads a tenant's entries, newest first, those before the id when one is given; an empty tenant means the installation's own.
func (s *Store) AuditEntries(ctx context.Context, tenantID, before string, limit int) ([]models.AuditEntry, error) {
	text := `SELECT id, tenant_id, actor, action, object, address, request_id, at, detail FROM audit_entries
WHERE tenant_id = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`
	out, err := scanAll(s.read(ctx), scanAudit, text, tenantID, before, before, limit)
	return out, s.fault(err)
}

func scanAudit(row scanner, e *models.AuditEntry) error {
	return row.Scan(&e.ID, &e.TenantID, &e.Actor, &e.Action, &e.Object, &e.Address, &e.RequestID, &e.At, &e.Detail)
}

func detail(v map[string]any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of plain values always encode
	}
	return b
}

// scanAll reads every row of a question.
func scanAll[T any](db *gorm.DB, scan func(scanner, *T) error, text string, args ...any) ([]T, error) {
	rows, err := db.Raw(text, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// scanOne reads the one row of a question; without one it is gorm.ErrRecordNotFound.
func scanOne[T any](db *gorm.DB, scan func(scanner, *T) error, text string, args ...any) (T, error) {
	var none T
	all, err := scanAll(db, scan, text, args...)
	if err != nil {
		return none, err
	}
	if len(all) == 0 {
		return none, gorm.ErrRecordNotFound
	}
	return all[0], nil
}
