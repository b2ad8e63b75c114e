package access

import (
	"context"
	"slices"

	"tidemark/internal/fault"
	"tidemark/models"
)

// whole are the pages of the console that reach every part of many items' values, and are closed to whoever does not.
var whole = []string{
	"POST /console/t/:tenant/conflicts/bulk",
	"POST /console/t/:tenant/conflicts/bulk/start",
	"GET /console/t/:tenant/conflicts/rules/dry/:job",
	"POST /console/t/:tenant/conflicts/rules/dry/:job/cancel",
	"POST /console/t/:tenant/conflicts/rules/dry/:job/save",
	"POST /console/t/:tenant/storage/bulk",
	"POST /console/t/:tenant/storage/bulk/start",
	"GET /console/t/:tenant/storage/clear",
	"POST /console/t/:tenant/storage/clear",
	"GET /console/t/:tenant/storage/import",
	"POST /console/t/:tenant/storage/import",
	"POST /console/t/:tenant/storage/jobs/:job/cancel",
	"POST /console/t/:tenant/storage/jobs/:job/check",
	"POST /console/t/:tenant/storage/jobs/:job/part",
	"POST /console/t/:tenant/storage/jobs/:job/start",
	"POST /console/t/:tenant/storage/jobs/:job/undo",
}

// FieldsFor are the rules by which a person's role in a tenant keeps parts of values from them on a page, such as
// "GET /console/t/:tenant/storage". Faults: `scope_missing` for a page that cannot do without those parts.
func (a *Access) FieldsFor(ctx context.Context, m models.Account, tenantID, page string) ([]models.FieldRule, error) {
	if m.Installation || tenantID == "" {
		return nil, nil
	}
	who, err := a.place(ctx, m, tenantID)
	if err != nil || len(who.fields) == 0 {
		return nil, err
	}
	if slices.Contains(whole, page) {
		return nil, fault.New(fault.ScopeMissing, "Your role keeps parts of values from you, and this page is for people who see all of them.")
	}
	return who.fields, nil
}
