package store

import (
	"context"
	"regexp"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const memberSelect = `SELECT m.tenant_id, m.user_id, COALESCE(m.account_id, ''), m.role, m.disabled, m.version, m.created_at, m.updated_at, m.deleted_at,
COALESCE(a.disabled, 0), COALESCE(a.email, ''), COALESCE(a.name, ''), a.avatar IS NOT NULL FROM members m LEFT JOIN accounts a ON a.id = m.account_id`

func memberFields(m *models.Member) []any {
	return []any{
		&m.TenantID, &m.UserID, &m.AccountID, &m.Role, &m.Disabled, &m.Version, &m.CreatedAt, &m.UpdatedAt, &m.DeletedAt,
		&m.AccountDisabled, &m.Email, &m.Name, &m.Avatar,
	}
}

func scanMember(row scanner, m *models.Member) error { return row.Scan(memberFields(m)...) }

// Member reads what is known of a tenant's user, also of one who was removed: `not_found` when it is nothing.
func (s *Store) Member(ctx context.Context, tenantID, userID string) (models.Member, error) {
	m, err := scanOne(s.read(ctx), scanMember, memberSelect+" WHERE m.tenant_id = ? AND m.user_id = ?", tenantID, userID)
	return m, s.fault(err)
}

// MemberByAccount reads an account's place in a tenant; `not_found` when it has none.
func (s *Store) MemberByAccount(ctx context.Context, tenantID, accountID string) (models.Member, error) {
	m, err := scanOne(s.read(ctx), scanMember, memberSelect+" WHERE m.account_id = ? AND m.tenant_id = ?", accountID, tenantID)
	return m, s.fault(err)
}

// Memberships reads the tenants that an account is a member of, by their names; those it was removed from, and those in the trash, are left out.
func (s *Store) Memberships(ctx context.Context, accountID string) ([]models.Membership, error) {
	text := `SELECT m.tenant_id, m.user_id, m.account_id, m.role, m.disabled, m.version, m.created_at, m.updated_at, m.deleted_at, 0, '', '', 0, t.slug, t.name, t.suspended
FROM members m JOIN tenants t ON t.id = m.tenant_id WHERE m.account_id = ? AND m.deleted_at = 0 AND t.deleted_at = 0 ORDER BY t.name, t.id`
	out, err := scanAll(s.read(ctx), func(row scanner, m *models.Membership) error {
		return row.Scan(append(memberFields(&m.Member), &m.Slug, &m.Tenant, &m.Suspended)...)
	}, text, accountID)
	return out, s.fault(err)
}

// MemberQuery asks for a page of a tenant's users, by their ids. Empty fields leave nothing out.
type MemberQuery struct {
	Tenant  string
	Role    string
	Deleted bool   // those who were removed, and no others
	Text    string // a whole user id, or the beginning of an e-mail; then all come at once
	After   string // user id; those behind it
	Limit   int
}

// MemberRow is a user of a tenant in a list.
type MemberRow struct {
	models.Member
	Known bool  // there is more than items of them
	Items int64 // live ones
	Bytes int64 // stored
}

// MemberPage reads a page of a tenant's users: who has items there, and who is a member.
func (s *Store) MemberPage(ctx context.Context, q MemberQuery) ([]MemberRow, error) {
	text := `SELECT i.user_id, COALESCE(m.account_id, ''), COALESCE(m.role, ''), COALESCE(m.disabled, 0), COALESCE(m.version, 0), COALESCE(m.created_at, u.created_at, 0), COALESCE(m.updated_at, 0), COALESCE(m.deleted_at, 0),
COALESCE(a.disabled, 0), COALESCE(a.email, ''), COALESCE(a.name, ''), a.avatar IS NOT NULL, m.user_id IS NOT NULL, COALESCE(u.items, 0), COALESCE(u.bytes, 0)
FROM (SELECT * FROM (SELECT user_id FROM users WHERE tenant_id = ? AND user_id > ? ORDER BY user_id LIMIT ?) x UNION SELECT * FROM (SELECT user_id FROM members WHERE tenant_id = ? AND user_id > ? ORDER BY user_id LIMIT ?) y) i
LEFT JOIN members m ON m.tenant_id = ? AND m.user_id = i.user_id LEFT JOIN accounts a ON a.id = m.account_id
LEFT JOIN users u ON u.tenant_id = ? AND u.user_id = i.user_id ORDER BY i.user_id LIMIT ?`
	args := []any{q.Tenant, q.After, q.Limit, q.Tenant, q.After, q.Limit, q.Tenant, q.Tenant, q.Limit}
	switch {
	case q.Text != "":
		text, args = q.search()
	case q.Role != "" || q.Deleted:
		where := " AND user_id > ? AND deleted_at = 0 AND role = ?"
		if q.Deleted {
			where = " AND user_id > ? AND deleted_at <> 0 AND (? = '' OR role = role)"
		}
		text = `SELECT i.user_id, COALESCE(m.account_id, ''), m.role, m.disabled, m.version, m.created_at, m.updated_at, m.deleted_at,
COALESCE(a.disabled, 0), COALESCE(a.email, ''), COALESCE(a.name, ''), a.avatar IS NOT NULL, 1, COALESCE(u.items, 0), COALESCE(u.bytes, 0)
FROM (SELECT user_id FROM members WHERE tenant_id = ?` + where + ` ORDER BY user_id LIMIT ?) i
JOIN members m ON m.tenant_id = ? AND m.user_id = i.user_id LEFT JOIN accounts a ON a.id = m.account_id
LEFT JOIN users u ON u.tenant_id = ? AND u.user_id = i.user_id ORDER BY i.user_id`
		args = []any{q.Tenant, q.After, q.Role, q.Limit, q.Tenant, q.Tenant}
	}
	out, err := scanAll(s.read(ctx), scanMemberRow(q.Tenant), text, args...)
	return out, s.fault(err)
}

// search finds users by what they are called.
func (q *MemberQuery) search() (string, []any) {
	text := `SELECT i.user_id, COALESCE(m.account_id, ''), COALESCE(m.role, ''), COALESCE(m.disabled, 0), COALESCE(m.version, 0), COALESCE(m.created_at, u.created_at, 0), COALESCE(m.updated_at, 0), COALESCE(m.deleted_at, 0),
COALESCE(a.disabled, 0), COALESCE(a.email, ''), COALESCE(a.name, ''), a.avatar IS NOT NULL, m.user_id IS NOT NULL, COALESCE(u.items, 0), COALESCE(u.bytes, 0)
FROM (SELECT user_id FROM users WHERE tenant_id = ? AND user_id = ? UNION SELECT user_id FROM members WHERE tenant_id = ? AND user_id = ?
UNION SELECT x.user_id FROM accounts y JOIN members x ON x.account_id = y.id AND x.tenant_id = ? WHERE y.email >= ? AND y.email < ?) i
LEFT JOIN members m ON m.tenant_id = ? AND m.user_id = i.user_id LEFT JOIN accounts a ON a.id = m.account_id
LEFT JOIN users u ON u.tenant_id = ? AND u.user_id = i.user_id ORDER BY i.user_id LIMIT ?`
	email := strings.ToLower(q.Text)
	return text, []any{q.Tenant, q.Text, q.Tenant, q.Text, q.Tenant, email, prefixEnd(email), q.Tenant, q.Tenant, q.Limit}
}

// AddMember makes somebody a member, and fills in the times; who was removed comes back.
// `invalid` names a field: a user or an account that is a member already, or a name that will not do.
func (s *Store) AddMember(ctx context.Context, m models.Member) (models.Member, error) {
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, is, err := s.addMember(tx, m)
		m = is
		return memberAudit(was, m, "member.add"), err
	})
	return m, s.takenMember(err)
}

// addMember makes somebody a member, and says what they were, if they were removed before.
func (s *Store) addMember(tx *gorm.DB, m models.Member) (was, is models.Member, err error) {
	const one = memberSelect + " WHERE m.tenant_id = ? AND m.user_id = ?"
	before, err := scanAll(tx, scanMember, one+" AND m.deleted_at <> 0", m.TenantID, m.UserID)
	if err != nil {
		return was, m, err
	}
	now := clock.Millis(s.clock)
	m.Version, m.CreatedAt, m.UpdatedAt, m.DeletedAt, m.Disabled = 1, now, now, 0, false
	var account any
	if m.AccountID != "" {
		account = m.AccountID
	}
	res := tx.Exec("UPDATE members SET account_id = ?, role = ?, disabled = 0, deleted_at = 0, version = version + 1, updated_at = ? WHERE tenant_id = ? AND user_id = ? AND deleted_at <> 0 AND (account_id IS NULL OR account_id = ?)",
		account, m.Role, now, m.TenantID, m.UserID, m.AccountID)
	if res.Error != nil {
		return was, m, res.Error
	}
	if res.RowsAffected == 1 {
		if len(before) == 1 {
			was = before[0]
		}
		is, err = scanOne(tx, scanMember, one, m.TenantID, m.UserID)
		return was, is, err
	}
	return was, m, tx.Exec("INSERT INTO members (tenant_id, user_id, account_id, role, disabled, version, created_at, updated_at, deleted_at) VALUES (?,?,?,?,0,1,?,?,0)",
		m.TenantID, m.UserID, account, m.Role, now, now).Error
}

// EditMember changes a member's role and whether they are shut out, against the version it carries. One of version 0
// is a user of whom nothing was known. `stale_edit`, `not_found`; `invalid` when the tenant would be left without an owner.
func (s *Store) EditMember(ctx context.Context, m models.Member) (models.Member, error) {
	return s.changeMember(ctx, m, "member.edit", func(tx *gorm.DB) *gorm.DB {
		if m.Version == 0 {
			now := clock.Millis(s.clock)
			return tx.Exec("INSERT INTO members (tenant_id, user_id, role, disabled, version, created_at, updated_at, deleted_at) VALUES (?,?,?,?,1,?,?,0)",
				m.TenantID, m.UserID, m.Role, asInt(m.Disabled), now, now)
		}
		return tx.Exec("UPDATE members SET role = ?, disabled = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND user_id = ? AND version = ? AND deleted_at = 0",
			m.Role, asInt(m.Disabled), clock.Millis(s.clock), m.TenantID, m.UserID, m.Version)
	})
}

// RemoveMember takes a member out of the tenant; their items stay, and they can be taken back. Faults as EditMember's.
func (s *Store) RemoveMember(ctx context.Context, m models.Member) (models.Member, error) {
	now := clock.Millis(s.clock)
	return s.changeMember(ctx, m, "member.remove", func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE members SET deleted_at = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND user_id = ? AND version = ? AND deleted_at = 0",
			now, now, m.TenantID, m.UserID, m.Version)
	})
}

// RestoreMember takes back who was removed, as they were. Faults as EditMember's.
func (s *Store) RestoreMember(ctx context.Context, m models.Member) (models.Member, error) {
	return s.changeMember(ctx, m, "member.restore", func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE members SET deleted_at = 0, version = version + 1, updated_at = ? WHERE tenant_id = ? AND user_id = ? AND version = ? AND deleted_at <> 0",
			clock.Millis(s.clock), m.TenantID, m.UserID, m.Version)
	})
}

func (s *Store) changeMember(ctx context.Context, m models.Member, action string, change func(tx *gorm.DB) *gorm.DB) (out models.Member, err error) {
	const one = memberSelect + " WHERE m.tenant_id = ? AND m.user_id = ?"
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := scanAll(tx, scanMember, one, m.TenantID, m.UserID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		if len(was) == 0 && m.Version != 0 {
			return models.AuditEntry{}, gorm.ErrRecordNotFound
		}
		res := change(tx)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		if out, err = scanOne(tx, scanMember, one, m.TenantID, m.UserID); err != nil {
			return models.AuditEntry{}, err
		}
		if res.RowsAffected != 1 {
			return models.AuditEntry{}, errStale()
		}
		var before models.Member
		if len(was) == 1 {
			before = was[0]
		}
		return memberAudit(before, out, action), keepsOwner(tx, before, out)
	})
	if s.Duplicate(err) { // somebody was quicker to know of them
		err = errStale()
	}
	return out, s.fault(err)
}

// roleOwner is the role of who may do everything in a tenant.
const roleOwner = "owner"

// keepsOwner refuses a change by which a tenant loses its last owner.
func keepsOwner(tx *gorm.DB, was, is models.Member) error {
	if was.Role != roleOwner || was.Out() || is.Role == roleOwner && !is.Out() {
		return nil
	}
	var n int64
	err := tx.Raw("SELECT COUNT(*) FROM members WHERE tenant_id = ? AND role = ? AND disabled = 0 AND deleted_at = 0", is.TenantID, roleOwner).Row().Scan(&n)
	if err == nil && n == 0 {
		return fault.OfField("role", "owner", "is that of the last owner; make somebody else an owner first")
	}
	return err
}

func memberAudit(was, is models.Member, action string) models.AuditEntry {
	var changed []models.FieldChange
	note := func(field string, from, to any) {
		if from != to {
			changed = append(changed, models.FieldChange{Field: field, From: from, To: to})
		}
	}
	note("role", was.Role, is.Role)
	note("accountId", was.AccountID, is.AccountID)
	note("disabled", was.Disabled, is.Disabled)
	note("removed", was.DeletedAt != 0, is.DeletedAt != 0)
	if was.UserID == "" {
		changed = fresh(changed)
	}
	return models.AuditEntry{TenantID: is.TenantID, Action: action, Object: is.UserID, Detail: detail(map[string]any{"version": is.Version, "changed": changed})}
}

func (s *Store) takenMember(err error) error {
	if s.Duplicate(err) {
		return fault.OfField("email", "taken", "is a member of this tenant already")
	}
	return s.fault(err)
}

var roleForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// MemberEmail says whether somebody with the e-mail is a member of the tenant; who was removed is none.
func (s *Store) MemberEmail(ctx context.Context, tenantID, email string) (bool, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT COUNT(*) FROM accounts a JOIN members m ON m.account_id = a.id WHERE a.email = ? AND m.tenant_id = ? AND m.deleted_at = 0", email, tenantID).Row().Scan(&n)
	return n > 0, s.fault(err)
}

// MemberRow reads a user of a tenant as lists have them: `not_found` when they have no items and are no member.
func (s *Store) MemberRow(ctx context.Context, tenantID, userID string) (MemberRow, error) {
	text := `SELECT i.user_id, COALESCE(m.account_id, ''), COALESCE(m.role, ''), COALESCE(m.disabled, 0), COALESCE(m.version, 0), COALESCE(m.created_at, u.created_at, 0), COALESCE(m.updated_at, 0), COALESCE(m.deleted_at, 0),
COALESCE(a.disabled, 0), COALESCE(a.email, ''), COALESCE(a.name, ''), a.avatar IS NOT NULL, m.user_id IS NOT NULL, COALESCE(u.items, 0), COALESCE(u.bytes, 0)
FROM (SELECT user_id FROM users WHERE tenant_id = ? AND user_id = ? UNION SELECT user_id FROM members WHERE tenant_id = ? AND user_id = ?) i
LEFT JOIN members m ON m.tenant_id = ? AND m.user_id = i.user_id LEFT JOIN accounts a ON a.id = m.account_id
LEFT JOIN users u ON u.tenant_id = ? AND u.user_id = i.user_id`
	r, err := scanOne(s.read(ctx), scanMemberRow(tenantID), text, tenantID, userID, tenantID, userID, tenantID, tenantID)
	return r, s.fault(err)
}

func scanMemberRow(tenantID string) func(scanner, *MemberRow) error {
	return func(row scanner, r *MemberRow) error {
		r.TenantID = tenantID
		return row.Scan(append(append([]any{}, memberFields(&r.Member)[1:]...), &r.Known, &r.Items, &r.Bytes)...)
	}
}
