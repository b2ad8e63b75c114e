package schema

import (
	"context"
	"slices"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Add makes a table; without a collection it gets one of its name. New fields without an id get one. `invalid` names what will not do.
func (c *Catalog) Add(ctx context.Context, t models.DataTable, note string) (models.DataTable, error) {
	if t.Collection == "" {
		t.Collection = t.Name
	}
	t.Fields = slices.Clone(t.Fields)
	for i := range t.Fields {
		if t.Fields[i] = plain(t.Fields[i]); t.Fields[i].ID == "" {
			t.Fields[i].ID = c.newID()
		}
	}
	if err := fits(t); err != nil {
		return t, err
	}
	t, err := c.store.AddDataTable(ctx, t, note)
	return t, c.changed(ctx, t, err)
}

// fits judges a table that is to be.
func fits(t models.DataTable) error {
	for i := range t.Fields {
		if len(t.Fields[i].ID) > maxFieldID {
			return fault.OfField("fields", "length", "must have ids of at most %d characters", maxFieldID)
		}
	}
	compiled, err := Compile(t)
	if err != nil {
		return err
	}
	return compiled.kept()
}

// kept refuses what records can't have: what a field promises is kept, or the field is not there.
func (t *Table) kept() error {
	for i, c := range t.Columns() {
		switch {
		case c.Unique:
			return at(fault.OfField("unique", "supported", "can't be demanded of records"), place(i))
		case c.Kind.Secret:
			return at(fault.OfField("type", "supported", "can't be kept in records: %s", c.Kind.Name), place(i))
		}
	}
	return nil
}

func (c *Catalog) newID() string { return clock.NewID(c.clock) }

// Edit changes what a table is called, against the version it carries. Faults: `not_found`, `stale_edit`, `invalid`.
func (c *Catalog) Edit(ctx context.Context, t models.DataTable) (models.DataTable, error) {
	if err := fits(t); err != nil {
		return t, err
	}
	t, err := c.store.EditDataTable(ctx, t)
	return t, c.changed(ctx, t, err)
}

// Plan works out how a table gets the fields somebody wants, and looks what becomes of its records. Faults: `not_found`, `invalid`.
func (c *Catalog) Plan(ctx context.Context, was models.DataTable, want Wanted) (Plan, Preview, error) {
	p, err := PlanFor(was, want, c.newID)
	if err == nil {
		err = fits(p.Table)
	}
	if err != nil {
		return p, Preview{}, err
	}
	look, err := c.preview(ctx, p)
	return p, look, err
}

// PlanRevert works out how a table gets the fields of an earlier revision again, and looks what becomes of its records.
func (c *Catalog) PlanRevert(ctx context.Context, was models.DataTable, revision int64) (Plan, Preview, error) {
	revisions, err := c.store.DataRevisions(ctx, was.TenantID, was.ID)
	if err != nil {
		return Plan{}, Preview{}, err
	}
	p, err := PlanRevert(was, revisions, revision)
	if err != nil {
		return p, Preview{}, err
	}
	look, err := c.preview(ctx, p)
	return p, look, err
}

// Change gives a table other fields, against the version it carries. Where values of
// records would not go along it is `invalid`, with what they are, unless lose says that this is meant.
func (c *Catalog) Change(ctx context.Context, p Plan, look Preview, note string, lose bool) (models.DataTable, error) {
	if !lose && look.Lost > 0 {
		return p.Table, fault.OfField("lose", "required", "must be true: values of %d records would not go along", look.Lost).With("preview", look)
	}
	t, err := c.store.ChangeDataFields(ctx, p.Table, p.Steps, note)
	return t, c.changed(ctx, t, err)
}

// Trash moves a table to the trash, against the version it carries.
func (c *Catalog) Trash(ctx context.Context, t models.DataTable) (models.DataTable, error) {
	t, err := c.store.DeleteDataTable(ctx, t)
	return t, c.changed(ctx, t, err)
}

// Restore takes a table out of the trash, against the version it carries.
func (c *Catalog) Restore(ctx context.Context, t models.DataTable) (models.DataTable, error) {
	t, err := c.store.RestoreDataTable(ctx, t)
	return t, c.changed(ctx, t, err)
}

// changed lets this node know of a change at once.
func (c *Catalog) changed(ctx context.Context, t models.DataTable, err error) error {
	if err == nil {
		c.drop(t.TenantID)
		_, err = c.Now(ctx, t.TenantID)
	}
	return err
}
