package store

import (
	"context"
	"encoding/json"
	"regexp"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Bounds of a tenant's tables.
const (
	maxDataTables = 500
	maxDataFields = 200 // of a table
	maxAbout      = 2000
)

var dataName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

const dataTableColumns = "tenant_id, id, name, collection, label, about, icon, lead, owned, revision, since, version, created_at, updated_at, deleted_at"

const dataTableSelect = "SELECT " + dataTableColumns + " FROM data_tables"

func scanDataTable(row scanner, t *models.DataTable) error {
	return row.Scan(&t.TenantID, &t.ID, &t.Name, &t.Collection, &t.Label, &t.About, &t.Icon, &t.Lead, &t.Owned, &t.Revision, &t.Since, &t.Version, &t.CreatedAt, &t.UpdatedAt, &t.DeletedAt)
}

// DataTables reads a tenant's tables with their fields, by name; with trash those that were deleted instead, the last one first.
func (s *Store) DataTables(ctx context.Context, tenantID string, trash bool) ([]models.DataTable, error) {
	text := dataTableSelect + " WHERE tenant_id = ? AND deleted_at = 0 ORDER BY name"
	if trash {
		text = dataTableSelect + " WHERE tenant_id = ? AND deleted_at <> 0 ORDER BY deleted_at DESC, id DESC"
	}
	tx := s.read(ctx)
	out, err := scanAll(tx, scanDataTable, text, tenantID)
	if err == nil {
		err = withFields(tx, tenantID, out)
	}
	return out, s.fault(err)
}

// DataTable reads a table by its name or its id: `not_found` also where it is in the trash.
func (s *Store) DataTable(ctx context.Context, tenantID, name string) (models.DataTable, error) {
	tx := s.read(ctx)
	t, err := scanOne(tx, scanDataTable, dataTableSelect+" WHERE tenant_id = ? AND deleted_at = 0 AND (name = ? OR id = ?)", tenantID, name, name)
	one := []models.DataTable{t}
	if err == nil {
		err = withFields(tx, tenantID, one)
	}
	return one[0], s.fault(err)
}

// withFields gives tables their fields.
func withFields(tx *gorm.DB, tenantID string, tables []models.DataTable) error {
	type placed struct {
		table string
		field models.DataField
	}
	all, err := scanAll(tx, func(row scanner, p *placed) error {
		f := &p.field
		return row.Scan(&p.table, &f.ID, &f.Name, &f.Label, &f.Help, &f.Type, rawOf(&f.Options), &f.Required, &f.Unique, &f.Indexed, rawOf(&f.Default), &f.Deprecated)
	}, "SELECT table_id, id, name, label, help, type, options, required, is_unique, indexed, initial, deprecated FROM data_fields WHERE tenant_id = ? ORDER BY table_id, place", tenantID)
	if err != nil {
		return err
	}
	by := map[string][]models.DataField{}
	for i := range all {
		by[all[i].table] = append(by[all[i].table], all[i].field)
	}
	for i := range tables {
		tables[i].Fields = by[tables[i].ID]
	}
	return nil
}

// rawOf is JSON read as it is kept, nothing as none.
func rawOf(into *json.RawMessage) *[]byte { return (*[]byte)(into) }

// AddDataTable makes a table: `invalid` names a field that will not do, as does a name or a collection that is taken. Its
// fields are taken as they are: package schema judges them.
func (s *Store) AddDataTable(ctx context.Context, t models.DataTable, note string) (models.DataTable, error) {
	if err := checkDataTable(t); err != nil {
		return t, err
	}
	t.ID, t.Version, t.Revision, t.CreatedAt, t.DeletedAt = clock.NewID(s.clock), 1, 1, clock.Millis(s.clock), 0
	t.UpdatedAt = t.CreatedAt
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		var err error
		if t.Since, err = nextSchema(tx, t.TenantID); err != nil {
			return models.AuditEntry{}, err
		}
		if err := roomForTable(tx, t); err != nil {
			return models.AuditEntry{}, err
		}
		err = tx.Exec("INSERT INTO data_tables ("+dataTableColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)", t.TenantID, t.ID, t.Name, t.Collection, t.Label, t.About, t.Icon, t.Lead,
			asInt(t.Owned), t.Revision, t.Since, t.Version, t.CreatedAt, t.UpdatedAt).Error
		if err == nil {
			err = putFields(tx, t)
		}
		if err == nil {
			err = s.addRevision(ctx, tx, t, nil, note)
		}
		return dataTableAudit(models.DataTable{}, t, "table.create"), err
	})
	return t, s.sameTable(err)
}

// roomForTable says whether a tenant may have one more, over a collection that holds nothing yet.
func roomForTable(tx *gorm.DB, t models.DataTable) error {
	var n int
	if err := tx.Raw("SELECT COUNT(*) FROM data_tables WHERE tenant_id = ?", t.TenantID).Row().Scan(&n); err != nil {
		return err
	}
	if n >= maxDataTables {
		return fault.OfField("table", "max", "must be one of at most %d of a tenant, those in the trash included", maxDataTables)
	}
	if err := tx.Raw("SELECT COUNT(*) FROM (SELECT 1 FROM changes WHERE tenant_id = ? AND collection = ? LIMIT 1) AS used", t.TenantID, t.Collection).Row().Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fault.OfField("collection", "used", "holds items already; a table begins with a collection of its own")
	}
	return nil
}

// nextSchema moves a tenant's schema on by one version, and with that locks its head: writes are settled by what was there before, or by what comes.
func nextSchema(tx *gorm.DB, tenantID string) (version int64, err error) {
	if err := tx.Exec("UPDATE tenant_heads SET schema_version = schema_version + 1 WHERE tenant_id = ?", tenantID).Error; err != nil {
		return 0, err
	}
	return schemaVersion(tx, tenantID)
}

// putFields writes a table's fields anew.
func putFields(tx *gorm.DB, t models.DataTable) error {
	if err := tx.Exec("DELETE FROM data_fields WHERE tenant_id = ? AND table_id = ?", t.TenantID, t.ID).Error; err != nil {
		return err
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		err := tx.Exec(`INSERT INTO data_fields (tenant_id, table_id, id, place, name, label, help, type, options, required, is_unique, indexed, initial, deprecated)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, t.TenantID, t.ID, f.ID, i, f.Name, f.Label, f.Help, f.Type, orNil(f.Options), asInt(f.Required), asInt(f.Unique), asInt(f.Indexed), orNil(f.Default), asInt(f.Deprecated)).Error
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) addRevision(ctx context.Context, tx *gorm.DB, t models.DataTable, steps []models.DataStep, note string) error {
	return tx.Exec("INSERT INTO data_revisions (tenant_id, table_id, revision, schema_version, fields, steps, note, actor, at) VALUES (?,?,?,?,?,?,?,?,?)",
		t.TenantID, t.ID, t.Revision, t.Since, asJSON(t.Fields), asJSON(steps), note, authorOf(ctx).Actor, clock.Millis(s.clock)).Error
}

// DataRevisions reads what became of a table's fields, the first revision first.
func (s *Store) DataRevisions(ctx context.Context, tenantID, tableID string) ([]models.DataRevision, error) {
	out, err := scanAll(s.read(ctx), scanDataRevision, dataRevisionSelect+" AND table_id = ? ORDER BY revision", tenantID, tableID)
	return out, s.fault(err)
}

const dataRevisionSelect = "SELECT tenant_id, table_id, revision, schema_version, fields, steps, note, actor, at FROM data_revisions WHERE tenant_id = ?"

func scanDataRevision(row scanner, r *models.DataRevision) error {
	return row.Scan(&r.TenantID, &r.TableID, &r.Revision, &r.Schema, jsonOf(&r.Fields), jsonOf(&r.Steps), &r.Note, &r.Actor, &r.At)
}

// DevicesBySchema counts a tenant's devices by the version of its schema that they named when they connected the last time.
func (s *Store) DevicesBySchema(ctx context.Context, tenantID string) (map[int64]int, error) {
	rows, err := scanAll(s.read(ctx), func(row scanner, p *[2]int64) error { return row.Scan(&p[0], &p[1]) },
		"SELECT schema_version, COUNT(*) FROM instances WHERE tenant_id = ? AND forgotten_at = 0 AND schema_version > 0 GROUP BY schema_version", tenantID)
	out := make(map[int64]int, len(rows))
	for _, r := range rows {
		out[r[0]] = int(r[1])
	}
	return out, s.fault(err)
}

// EditDataTable changes what a table is called, against the version it carries: `not_found`, `stale_edit`, or `invalid`, which names the field.
// Its fields, its collection and whose its records are stay.
func (s *Store) EditDataTable(ctx context.Context, t models.DataTable) (models.DataTable, error) {
	if err := checkDataTable(t); err != nil {
		return t, err
	}
	return s.changeDataTable(ctx, t, "table.edit", func(tx *gorm.DB, _ models.DataTable) error {
		if _, err := nextSchema(tx, t.TenantID); err != nil { // so that every node hears of it
			return err
		}
		return changedNow(tx.Exec("UPDATE data_tables SET name = ?, label = ?, about = ?, icon = ?, lead = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at = 0",
			t.Name, t.Label, t.About, t.Icon, t.Lead, clock.Millis(s.clock), t.TenantID, t.ID, t.Version))
	})
}

// ChangeDataFields gives a table other fields, against the version it carries, with the steps that lead a value there. Faults as EditDataTable's.
func (s *Store) ChangeDataFields(ctx context.Context, t models.DataTable, steps []models.DataStep, note string) (models.DataTable, error) {
	if err := checkDataTable(t); err != nil {
		return t, err
	}
	return s.changeDataTable(ctx, t, "table.fields", func(tx *gorm.DB, was models.DataTable) error {
		since, err := nextSchema(tx, t.TenantID)
		if err != nil {
			return err
		}
		err = changedNow(tx.Exec("UPDATE data_tables SET revision = revision + 1, since = ?, lead = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at = 0",
			since, t.Lead, clock.Millis(s.clock), t.TenantID, t.ID, t.Version))
		if err != nil {
			return err
		}
		to := was
		to.Fields, to.Revision, to.Since = t.Fields, was.Revision+1, since
		if err := putFields(tx, to); err != nil {
			return err
		}
		return s.addRevision(ctx, tx, to, steps, note)
	})
}

// DeleteDataTable moves a table to the trash, against the version it carries: its records stay where they are, and can be neither read nor written. Faults as EditDataTable's.
func (s *Store) DeleteDataTable(ctx context.Context, t models.DataTable) (models.DataTable, error) {
	return s.changeDataTable(ctx, t, "table.delete", func(tx *gorm.DB, _ models.DataTable) error {
		if _, err := nextSchema(tx, t.TenantID); err != nil {
			return err
		}
		now := clock.Millis(s.clock)
		return changedNow(tx.Exec("UPDATE data_tables SET deleted_at = ?, trash = id, version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at = 0", now, now, t.TenantID, t.ID, t.Version))
	})
}

// RestoreDataTable takes a table out of the trash, against the version it carries: `not_found`, `stale_edit`, or `already_exists` when its name was taken meanwhile.
func (s *Store) RestoreDataTable(ctx context.Context, t models.DataTable) (models.DataTable, error) {
	out, err := s.changeDataTable(ctx, t, "table.restore", func(tx *gorm.DB, _ models.DataTable) error {
		if _, err := nextSchema(tx, t.TenantID); err != nil {
			return err
		}
		return changedNow(tx.Exec("UPDATE data_tables SET deleted_at = 0, trash = '', version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at <> 0", clock.Millis(s.clock), t.TenantID, t.ID, t.Version))
	})
	if fault.Is(err, fault.Invalid) {
		return out, fault.New(fault.AlreadyExists, "Another table has this name now. Rename that one first.")
	}
	return out, err
}

// changeDataTable makes a change of a table with its audit row.
func (s *Store) changeDataTable(ctx context.Context, t models.DataTable, action string, change func(tx *gorm.DB, was models.DataTable) error) (out models.DataTable, err error) {
	const one = dataTableSelect + " WHERE tenant_id = ? AND id = ?"
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := s.dataTableIn(tx, one, t)
		if err != nil {
			return models.AuditEntry{}, err
		}
		if (was.DeletedAt != 0) != (action == "table.restore") {
			return models.AuditEntry{}, gorm.ErrRecordNotFound
		}
		if err := change(tx, was); err != nil {
			return models.AuditEntry{}, err
		}
		out, err = s.dataTableIn(tx, one, t)
		return dataTableAudit(was, out, action), err
	})
	return out, s.sameTable(err)
}

func (s *Store) dataTableIn(tx *gorm.DB, one string, t models.DataTable) (models.DataTable, error) {
	got, err := scanOne(tx, scanDataTable, one, t.TenantID, t.ID)
	list := []models.DataTable{got}
	if err == nil {
		err = withFields(tx, t.TenantID, list)
	}
	return list[0], err
}

func (s *Store) sameTable(err error) error {
	if s.Duplicate(err) {
		return fault.OfField("name", "unique", "is that of another table, or its collection is")
	}
	return s.fault(err)
}

func checkDataTable(t models.DataTable) error {
	switch {
	case !dataName.MatchString(t.Name):
		return fault.OfField("name", "format", "must be 1 to 63 of a-z, 0-9, - and _, and begin with a letter")
	case !dataName.MatchString(t.Collection) || t.Collection == models.Storage:
		return fault.OfField("collection", "format", "must be 1 to 63 of a-z, 0-9, - and _, begin with a letter, and not be %s", models.Storage)
	case t.Label != "" && !plainText(t.Label):
		return fault.OfField("label", "format", "must be at most %d characters without line breaks", maxNameLen)
	case len(t.About) > maxAbout:
		return fault.OfField("about", "length", "must be at most %d bytes", maxAbout)
	case len(t.Icon) > 40 || t.Icon != "" && !dataName.MatchString(t.Icon):
		return fault.OfField("icon", "format", "must be the name of an icon")
	case len(t.Fields) > maxDataFields:
		return fault.OfField("fields", "count", "must be at most %d", maxDataFields)
	}
	return nil
}

func dataTableAudit(was, is models.DataTable, action string) models.AuditEntry {
	var changed []models.FieldChange
	note := func(field string, from, to any) {
		if string(asJSON(from)) != string(asJSON(to)) {
			changed = append(changed, models.FieldChange{Field: field, From: from, To: to})
		}
	}
	note("name", was.Name, is.Name)
	note("collection", was.Collection, is.Collection)
	note("label", was.Label, is.Label)
	note("about", was.About, is.About)
	note("icon", was.Icon, is.Icon)
	note("lead", was.Lead, is.Lead)
	note("owned", was.Owned, is.Owned)
	note("fields", was.Fields, is.Fields)
	note("deleted", was.DeletedAt != 0, is.DeletedAt != 0)
	if was.ID == "" {
		changed = fresh(changed)
	}
	return models.AuditEntry{TenantID: is.TenantID, Action: action, Object: is.ID, Detail: detail(map[string]any{"table": is.Name, "revision": is.Revision, "version": is.Version, "changed": changed})}
}

// DataSchema is everything that is said of a tenant's tables as of one version of its schema.
type DataSchema struct {
	Version   int64
	Tables    []models.DataTable    // those in the trash too
	Revisions []models.DataRevision // by table, the first first
}

// DataSchema reads a tenant's tables and their revisions as of one version of its schema, which may have passed when it answers: `unavailable` while it moves too fast.
func (s *Store) DataSchema(ctx context.Context, tenantID string) (out DataSchema, err error) {
	tx := s.read(ctx)
	for range schemaTries {
		if out, err = dataSchema(tx, tenantID); err != nil {
			return out, s.fault(err)
		}
		now, err := schemaVersion(tx, tenantID)
		if err != nil || now == out.Version {
			return out, s.fault(err)
		}
	}
	return out, fault.New(fault.Unavailable, "The schema is being changed again and again; try again.")
}

const schemaTries = 10 // to read a schema that is not changed in between

func schemaVersion(tx *gorm.DB, tenantID string) (version int64, err error) {
	return version, tx.Raw("SELECT schema_version FROM tenant_heads WHERE tenant_id = ?", tenantID).Row().Scan(&version)
}

func dataSchema(tx *gorm.DB, tenantID string) (out DataSchema, err error) {
	if out.Version, err = schemaVersion(tx, tenantID); err != nil {
		return out, err
	}
	if out.Tables, err = scanAll(tx, scanDataTable, dataTableSelect+" WHERE tenant_id = ? ORDER BY id", tenantID); err != nil {
		return out, err
	}
	if err = withFields(tx, tenantID, out.Tables); err != nil {
		return out, err
	}
	out.Revisions, err = scanAll(tx, scanDataRevision, dataRevisionSelect+" ORDER BY table_id, revision", tenantID)
	return out, err
}
