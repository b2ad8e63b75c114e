package store

import (
	"context"
	"strings"

	"tidemark/internal/clock"
	"tidemark/models"
)

// AuditQuery asks for a page of the audit, newest first. Empty fields leave nothing out.
type AuditQuery struct {
	Tenant    *string // one tenant's; of an empty id: the installation's own; nil: all
	Actor     string  // whole, or a kind such as "key:"
	Action    string  // whole, or a beginning such as "apikey."
	Object    string  // whole
	RequestID string  // whole
	From      int64   // ms
	To        int64   // ms, not included
	Before    string  // id; those before it
	Limit     int
	Look      int // entries looked through at most; 0: 5000
}

// AuditPage is what was found, and where to go on.
type AuditPage struct {
	Entries []models.AuditEntry
	Next    string // id to go on before; empty: that was all
	Partial bool   // it ended because enough was looked through, and not because the page was full
}

const auditLook = 5000

// SearchAudit reads a page of the audit. It looks through a bounded number of entries, and says when it ended there.
func (s *Store) SearchAudit(ctx context.Context, q AuditQuery) (AuditPage, error) {
	if q.Look <= 0 {
		q.Look = auditLook
	}
	inner, args := q.stretch()
	stretch := "(" + auditSelect + inner + " ORDER BY id DESC LIMIT ?) s"
	text, more := q.conditions()
	all := append(append(append([]any{}, args...), q.Look), more...)
	found, err := scanAll(s.read(ctx), scanAudit, "SELECT * FROM "+stretch+text+" ORDER BY id DESC LIMIT ?", append(all, q.Limit+1)...)
	if err != nil {
		return AuditPage{}, s.fault(err)
	}
	if len(found) > q.Limit {
		found = found[:q.Limit]
		return AuditPage{Entries: found, Next: found[q.Limit-1].ID}, nil
	}
	var looked int
	var last string
	err = s.read(ctx).Raw("SELECT COUNT(*), COALESCE(MIN(id), '') FROM (SELECT id FROM audit_entries"+inner+" ORDER BY id DESC LIMIT ?) s", append(args, q.Look)...).Row().Scan(&looked, &last)
	if err != nil || looked < q.Look {
		return AuditPage{Entries: found}, s.fault(err)
	}
	return AuditPage{Entries: found, Next: last, Partial: true}, nil
}

// stretch is the part of the audit that is looked through: found by an index alone.
func (q *AuditQuery) stretch() (string, []any) {
	var parts []string
	var args []any
	if q.Tenant != nil {
		parts, args = append(parts, "tenant_id = ?"), append(args, *q.Tenant)
	}
	if q.Before != "" {
		parts, args = append(parts, "id < ?"), append(args, q.Before)
	}
	if q.To > 0 {
		parts, args = append(parts, "id < ?"), append(args, clock.FirstID(q.To))
	}
	if q.From > 0 {
		parts, args = append(parts, "id >= ?"), append(args, clock.FirstID(q.From))
	}
	return whereAll(parts), args
}

func (q *AuditQuery) conditions() (string, []any) {
	var parts []string
	var args []any
	add := func(wanted bool, text string, values ...any) {
		if wanted {
			parts, args = append(parts, text), append(args, values...)
		}
	}
	kind := strings.HasSuffix(q.Actor, ":")
	add(q.Actor != "" && kind, "actor >= ? AND actor < ?", q.Actor, prefixEnd(q.Actor))
	add(q.Actor != "" && !kind, "actor = ?", q.Actor)
	group := strings.HasSuffix(q.Action, ".")
	add(q.Action != "" && group, "action >= ? AND action < ?", q.Action, prefixEnd(q.Action))
	add(q.Action != "" && !group, "action = ?", q.Action)
	add(q.Object != "", "object = ?", q.Object)
	add(q.RequestID != "", "request_id = ?", q.RequestID)
	return whereAll(parts), args
}

func whereAll(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(parts, " AND ")
}
