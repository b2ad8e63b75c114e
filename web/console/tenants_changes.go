package console

import (
	"context"
	"fmt"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/tenants"
	"tidemark/views/ui"
)

// tenantChanges says who did what to a tenant after a version of it, newest first.
func (c *Console) tenantChanges(ctx context.Context, id string, after int64) ([]tenants.Change, error) {
	found, err := c.opt.Store.TenantChanges(ctx, id, after)
	if err != nil {
		return nil, err
	}
	return c.toldChanges(ctx, found)
}

// toldChanges puts changes into words.
func (c *Console) toldChanges(ctx context.Context, found []models.TenantChange) ([]tenants.Change, error) {
	var out []tenants.Change
	for _, ch := range found {
		who, err := c.tenantAuthor(ctx, ch.Actor)
		if err != nil {
			return nil, err
		}
		out = append(out, tenants.Change{Who: who, What: whatWasDone(ch), At: ch.At})
	}
	return out, nil
}

// tenantAuthor is the name of an author in the audit.
func (c *Console) tenantAuthor(ctx context.Context, actor string) (string, error) {
	id, isAdmin := strings.CutPrefix(actor, models.ActorAccount)
	if !isAdmin {
		return "The command line", nil
	}
	m, err := c.opt.Store.AccountByID(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return "An administrator", nil
	}
	return m.Name, err
}

var tenantDone = map[string]string{
	"create": "made it", "suspend": "suspended it", "resume": "let it in again", "trash": "moved it to the trash", "restore": "took it out of the trash",
	"delete": "began to delete it for good",
}

func whatWasDone(ch models.TenantChange) string {
	if ch.Action != "edit" {
		return tenantDone[ch.Action]
	}
	var parts []string
	for _, fc := range ch.Changed {
		name := tenantFieldNames[fc.Field]
		if name == "" {
			name = fc.Field
		}
		parts = append(parts, fmt.Sprintf("%s from %s to %s", strings.ToLower(name[:1])+name[1:], shownField(fc.Field, fc.From), shownField(fc.Field, fc.To)))
	}
	return "changed " + strings.Join(parts, "; ")
}

// shownField is a field's value in the audit as people read it.
func shownField(field string, v any) string {
	n, isNumber := v.(float64)
	yes, isClaim := v.(bool)
	switch {
	case v == "":
		return "none"
	case isClaim:
		return yesNo[yes]
	case field == "strategy":
		return strategyNames[fmt.Sprint(v)]
	case !isNumber:
		return fmt.Sprintf("“%s”", strings.ReplaceAll(fmt.Sprint(v), "\n", ", "))
	case n == 0:
		return "none"
	case field == "maxBytes" || field == "maxUserBytes":
		return megabytes(int64(n)) + " MB"
	case field == "retentionDays":
		return ui.Count(int64(n), "day", "days")
	}
	return ui.Comma(int64(n))
}
