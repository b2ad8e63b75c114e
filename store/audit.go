package store

import (
	"context"
	"encoding/json"
	"errors"

	"gorm.io/gorm"

	"tidemark/models"
)

// Author is on whose behalf a change of keys, tenants or administrators is made.
type Author struct {
	Actor     string // account:<id>, key:<id>, …
	Address   string
	UserAgent string
	RequestID string
	Door      models.Door
}

// AuthorOf is the author of what a caller does.
func AuthorOf(c *models.Caller) Author {
	return Author{Actor: c.Actor, Address: c.Address, UserAgent: c.UserAgent, RequestID: c.RequestID, Door: c.Door}
}

type authorKey struct{}

// As gives the context an author; the audit rows of what is done with it name them. Without one it is "system".
func As(ctx context.Context, a Author) context.Context {
	return context.WithValue(ctx, authorKey{}, a)
}

// ActorOf is the actor of the context's author.
func ActorOf(ctx context.Context) string { return authorOf(ctx).Actor }

// AuthorIn is the context's author.
func AuthorIn(ctx context.Context) Author { return authorOf(ctx) }

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

// notes are what a transaction leaves to its end, since others wait for it: first the chains of the audit, then the revision.
type notes struct {
	entries []models.AuditEntry
	moved   bool // the revision
}

type notesKey struct{}

// noting runs f and then writes what it noted.
func (s *Store) noting(f func(tx *gorm.DB) error) func(tx *gorm.DB) error {
	return func(tx *gorm.DB) error {
		n := &notes{}
		ctx := tx.Statement.Context
		if err := f(tx.WithContext(context.WithValue(ctx, notesKey{}, n))); err != nil {
			return err
		}
		if err := s.chain(ctx, tx.Statement.ConnPool, n.entries); err != nil || !n.moved {
			return err
		}
		return moveRevision(tx)
	}
}

func notesOf(tx *gorm.DB) (*notes, error) {
	n, ok := tx.Statement.Context.Value(notesKey{}).(*notes)
	if !ok {
		return nil, errors.New("this is no transaction of write")
	}
	return n, nil
}

// addAudit has a row written to the audit when the transaction ends, in the name of the context's author.
func (s *Store) addAudit(ctx context.Context, tx *gorm.DB, e models.AuditEntry) error {
	n, err := notesOf(tx)
	if err == nil {
		n.entries = append(n.entries, s.authored(authorOf(ctx), e))
	}
	return err
}

// Audit adds a row to the audit for what changes nothing, such as a look at a tenant's data; its author is that of the context.
func (s *Store) Audit(ctx context.Context, e models.AuditEntry) error {
	return s.write(ctx, func(tx *gorm.DB) error { return s.addAudit(ctx, tx, e) })
}

// Audit adds a row to the audit with the commit; its author is that of the commit's context.
func (t *CommitTx) Audit(e models.AuditEntry) error {
	return t.AuditBy(authorOf(t.ctx), e)
}

// AuditBy adds a row to the audit with the commit, in the name of an author. It is written
// when the commit ends: nothing else is waited for once a chain is held.
func (t *CommitTx) AuditBy(a Author, e models.AuditEntry) error {
	t.audits = append(t.audits, t.s.authored(a, e))
	return nil
}

const auditColumns = "id, tenant_id, actor, action, object, address, user_agent, request_id, door, at, detail, COALESCE(chain_seq, 0) AS chain_seq, hash"

const auditSelect = "SELECT " + auditColumns + " FROM audit_entries"

// AuditEntries reads a tenant's entries, newest first, those before the id when one is given; an empty tenant means the installation's own.
func (s *Store) AuditEntries(ctx context.Context, tenantID, before string, limit int) ([]models.AuditEntry, error) {
	text := auditSelect + ` WHERE tenant_id = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`
	out, err := scanAll(s.read(ctx), scanAudit, text, tenantID, before, before, limit)
	return out, s.fault(err)
}

func scanAudit(row scanner, e *models.AuditEntry) error {
	return row.Scan(&e.ID, &e.TenantID, &e.Actor, &e.Action, &e.Object, &e.Address, &e.UserAgent, &e.RequestID, &e.Door, &e.At, &e.Detail, &e.Seq, &e.Hash)
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
