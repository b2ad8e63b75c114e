package store

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/clock"
	"tidemark/models"
)

const (
	foundAtOnce  = 8   // of each kind
	ownersLooked = 500 // users whose items are looked through, from the first on
)

// likeEscape is the sign before one that LIKE would take for a wildcard.
const likeEscape = ` ESCAPE '!'`

// likeEscapes has LIKE take its signs as what they are, with the escape !.
var likeEscapes = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// FindTenants reads the first tenants, by slug, whose slug or name contains the text; those in the trash are left out.
func (s *Store) FindTenants(ctx context.Context, text string, limit int) ([]models.Tenant, error) {
	query, args := s.findTenants(text, limit)
	out, err := scanAll(s.read(ctx), scanTenant, query, args...)
	return out, s.fault(err)
}

// findTenants takes them in their order, which MariaDB would sort all tenants for.
func (s *Store) findTenants(text string, limit int) (string, []any) {
	query := tenantSelect
	if !s.dialect.rowValues {
		query = strings.Replace(query, " FROM tenants ", " FROM tenants FORCE INDEX (tenants_slug) ", 1)
	}
	where, args := tenantsWith(text)
	return query + where + " ORDER BY slug LIMIT ?", append(args, limit)
}

// tenantsWith is the condition that a tenant's slug or name contains a text, whatever its case; empty fits all.
func tenantsWith(text string) (string, []any) {
	if text == "" {
		return "", nil
	}
	part := "%" + likeEscapes.Replace(strings.ToLower(text)) + "%"
	return " AND (slug LIKE ?" + likeEscape + " OR LOWER(name) LIKE ?" + likeEscape + ")", []any{part, part}
}

// FindAPIKeys reads a few keys of a tenant that are not revoked, newest first, whose
// name contains the text, whatever its case, or whose prefix or last digits do.
func (s *Store) FindAPIKeys(ctx context.Context, tenantID, text string) ([]models.APIKey, error) {
	like := "%" + likeEscapes.Replace(text) + "%"
	query := keySelect + " WHERE tenant_id = ? AND revoked_at = 0 AND (LOWER(name) LIKE ?" + likeEscape + " OR prefix LIKE ?" + likeEscape +
		" OR last4 LIKE ?" + likeEscape + ") ORDER BY id DESC LIMIT ?"
	out, err := scanAll(s.read(ctx), scanKey, query, tenantID, strings.ToLower(like), like, like, foundAtOnce)
	return out, s.fault(err)
}

// FindItems reads owners and keys of a few of a tenant's items whose key begins with the
// prefix. It reads a short range of each user's items, for the first five hundred users.
func (s *Store) FindItems(ctx context.Context, tenantID, prefix string) ([]models.Item, error) {
	scan := func(row scanner, id *string) error { return row.Scan(id) }
	owners, err := scanAll(s.read(ctx), scan, "SELECT user_id FROM users WHERE tenant_id = ? ORDER BY user_id LIMIT ?", tenantID, ownersLooked)
	if err != nil {
		return nil, s.fault(err)
	}
	var found []models.Item
	for some := range slices.Chunk(owners, maxStatementRows) {
		text, args := s.findItems(tenantID, some, prefix)
		more, err := s.keys(ctx, text, args)
		if found = append(found, more...); err != nil || len(found) >= foundAtOnce {
			return found[:min(len(found), foundAtOnce)], err
		}
	}
	return found, nil
}

// findItems names the owners: MariaDB reads all the items of one that it takes from another table.
func (s *Store) findItems(tenantID string, owners []string, prefix string) (string, []any) {
	in, args := list([]any{tenantID}, owners)
	byKey := ""
	if !s.dialect.rowValues {
		byKey = " FORCE INDEX (PRIMARY)"
	}
	end := prefixEnd(prefix)
	if end == "" {
		end = "\xff" // above every key, which are UTF-8
	}
	return "SELECT owner, item_key FROM items" + byKey + " WHERE tenant_id = ? AND owner IN " + in + ` AND collection = ? AND item_key >= ? AND item_key < ?
AND deleted = 0 AND (expires_at IS NULL OR expires_at > ?) LIMIT ?`, append(args, models.Storage, prefix, end, clock.Millis(s.clock), foundAtOnce)
}
