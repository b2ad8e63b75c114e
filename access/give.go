package access

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// holding is what somebody who gives rights holds in the tenant; a nil one is held to nothing: the installation's
// administrators, the command line, and what Tidemark does by itself.
type holding struct {
	grants []string
	fields []models.FieldRule
}

// author is what the context's author holds in a tenant.
func (a *Access) author(ctx context.Context, t *tenant) (h *holding, err error) {
	kind, id, _ := strings.Cut(store.ActorOf(ctx), ":")
	var who *member
	switch kind {
	case "account":
		m, err := a.AccountByID(ctx, id)
		if err != nil || m.Installation {
			return nil, err
		}
		if who, err = a.place(ctx, m, t.ID); err != nil {
			return nil, err
		}
	case "user":
		if who, err = a.member(ctx, t, id); err != nil {
			return nil, err
		}
	default:
		return h, nil
	}
	return &holding{who.grants, who.fields}, nil
}

// lacks is the first of the rights that is not held; empty: all are.
func (h *holding) lacks(rights []string) string {
	if h == nil {
		return ""
	}
	for _, right := range expanded(rights) {
		p, collection, key := partsOf(right)
		if !anyCovers(h.grants, p, collection, key) {
			return right
		}
	}
	return ""
}

// sees says whether all that is kept from who gives is kept from whom it is given to.
func (h *holding) sees(rules []models.FieldRule) bool {
	return h == nil || !slices.ContainsFunc(h.fields, func(r models.FieldRule) bool { return !slices.Contains(rules, r) })
}

// mayGiveRole refuses a role that gives more than its giver holds: `invalid`.
func (a *Access) mayGiveRole(ctx context.Context, t *tenant, name string) error {
	h, err := a.author(ctx, t)
	if err != nil || h == nil || name == "" {
		return err
	}
	r := a.roleOf(t, name)
	if right := h.lacks(r.Grants); right != "" {
		return fault.OfField("role", "held", "gives %s, which your own role does not; nobody can give more than they hold", right)
	}
	if !h.sees(r.Fields) {
		return fault.OfField("role", "held", "shows parts of values that your own role does not; nobody can give more than they hold")
	}
	return nil
}

// mayGiveKey refuses a key, or a change of one, that lets do more than its giver may: `invalid`. What the key let do before is not asked again.
func (a *Access) mayGiveKey(ctx context.Context, k, before models.APIKey) error {
	t, err := a.tenantNamed(ctx, k.TenantID)
	if err != nil {
		return err
	}
	h, err := a.author(ctx, t)
	if err != nil || h == nil {
		return err
	}
	had := &holding{grants: effective(before)}
	for _, right := range effective(k) {
		if had.lacks([]string{right}) != "" && h.lacks([]string{right}) != "" {
			return fault.OfField("scopes", "held", "have %s, which your own role does not give; nobody can give more than they hold", right)
		}
	}
	if len(h.fields) > 0 && k.UserID == "" && before.ID == "" {
		return fault.OfField("userId", "held", "must be named: your own role does not show all parts of values, and a server's key would")
	}
	return nil
}

// effective are the rights of a key that its flags leave it.
func effective(k models.APIKey) []string {
	var out []string
	for _, s := range expanded(k.Scopes) {
		if changes := slices.Contains(writes, named(s)); changes && k.CanWrite || !changes && k.CanRead {
			out = append(out, s)
		}
	}
	return out
}
