package api

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
)

const tablesPath = "/api/v1/tables"

// Table describes a collection: its records are items whose values have the table's fields.
type Table struct {
	ID         string             `json:"id"`
	Name       string             `json:"name" doc:"In paths."`
	Collection string             `json:"collection" doc:"Of its records; the same for life."`
	Label      string             `json:"label"`
	About      string             `json:"about"`
	Icon       string             `json:"icon"`
	Lead       string             `json:"lead" doc:"The field that a record is called by; empty: its key."`
	Owned      bool               `json:"owned" doc:"Each record belongs to a user; false: it is everybody's who may see the table."`
	Fields     []models.DataField `json:"fields" nullable:"false"`
	Revision   int64              `json:"revision" doc:"Of the fields."`
	Schema     int64              `json:"schema" doc:"The tenant's schema version that brought the revision."`
	Version    int64              `json:"version"`
	CreatedAt  time.Time          `json:"createdAt"`
	UpdatedAt  time.Time          `json:"updatedAt"`
	DeletedAt  time.Time          `json:"deletedAt,omitzero" doc:"Since when it is in the trash, where its records can be neither read nor written."`
}

// TableList is a tenant's tables.
type TableList struct {
	Tables []Table `json:"tables" nullable:"false"`
}

// TableInput makes a table. Of one that is there, everything but the collection, whose the records are, and the fields can be changed.
type TableInput struct {
	Name       *string             `json:"name,omitempty" maxLength:"63"`
	Collection *string             `json:"collection,omitempty" maxLength:"63" doc:"The name when absent."`
	Label      *string             `json:"label,omitempty"`
	About      *string             `json:"about,omitempty"`
	Icon       *string             `json:"icon,omitempty"`
	Lead       *string             `json:"lead,omitempty"`
	Owned      *bool               `json:"owned,omitempty"`
	Fields     *[]models.DataField `json:"fields,omitempty" doc:"A field without an id gets one."`
	Note       string              `json:"note,omitempty" doc:"For the history."`
}

func tableOf(t *models.DataTable) Table {
	return Table{
		ID: t.ID, Name: t.Name, Collection: t.Collection, Label: t.Label, About: t.About, Icon: t.Icon, Lead: t.Lead, Owned: t.Owned, Fields: some(t.Fields),
		Revision: t.Revision, Schema: t.Since, Version: t.Version, CreatedAt: moment(t.CreatedAt), UpdatedAt: moment(t.UpdatedAt), DeletedAt: moment(t.DeletedAt),
	}
}

// some is a list that is not null where it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ListTables answers a tenant's tables by name; with trash=true those that were deleted instead, the last one first.
func (a *API) ListTables(c *fiber.Ctx, who models.Caller) error {
	trash, err := flag(c, "trash")
	if err != nil {
		return err
	}
	all, err := a.opt.Store.DataTables(c.UserContext(), who.TenantID, trash)
	if err != nil {
		return err
	}
	out := TableList{Tables: make([]Table, len(all))}
	for i := range all {
		out.Tables[i] = tableOf(&all[i])
	}
	return sendJSON(c, out)
}

// AddTable makes a table.
func (a *API) AddTable(c *fiber.Ctx, who models.Caller) error {
	var in TableInput
	if err := strict(c, &in, "name", "collection", "label", "about", "icon", "lead", "owned", "fields", "note"); err != nil {
		return err
	}
	t := models.DataTable{TenantID: who.TenantID}
	in.into(&t)
	keep(&t.Collection, in.Collection)
	keep(&t.Owned, in.Owned)
	keep(&t.Fields, in.Fields)
	t, err := a.opt.Engine.Catalog().Add(authored(c, who), t, in.Note)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, tablesPath+"/"+t.Name)
	c.Status(fiber.StatusCreated)
	return a.sendTable(c, &t)
}

func (in *TableInput) into(t *models.DataTable) {
	keep(&t.Name, in.Name)
	keep(&t.Label, in.Label)
	keep(&t.About, in.About)
	keep(&t.Icon, in.Icon)
	keep(&t.Lead, in.Lead)
}

func (a *API) sendTable(c *fiber.Ctx, t *models.DataTable) error {
	setETag(c, t.Version)
	return sendJSON(c, tableOf(t))
}

// tableAt is the table that the path names, by its name or its id.
func (a *API) tableAt(c *fiber.Ctx, who models.Caller) (models.DataTable, error) {
	return a.opt.Store.DataTable(c.UserContext(), who.TenantID, c.Params("table"))
}

// tableMeant is the table that the path names, at the version that If-Match does.
func (a *API) tableMeant(c *fiber.Ctx, who models.Caller) (models.DataTable, error) {
	version, err := atVersion(c)
	if err != nil {
		return models.DataTable{}, err
	}
	t, err := a.tableAt(c, who)
	if err == nil && t.Version != version {
		return t, fault.New(fault.StaleEdit, "Somebody changed this in the meantime.")
	}
	return t, err
}

// GetTable answers a table.
func (a *API) GetTable(c *fiber.Ctx, who models.Caller) error {
	t, err := a.tableAt(c, who)
	if err != nil {
		return err
	}
	return a.sendTable(c, &t)
}

// EditTable changes what a table is called, at the version that If-Match names.
func (a *API) EditTable(c *fiber.Ctx, who models.Caller) error {
	var in TableInput
	if err := strict(c, &in, "name", "label", "about", "icon", "lead"); err != nil {
		return err
	}
	t, err := a.tableMeant(c, who)
	if err == nil {
		in.into(&t)
		t, err = a.opt.Engine.Catalog().Edit(authored(c, who), t)
	}
	return a.tableDone(c, who, t, err)
}

// DeleteTable moves a table to the trash, at the version that If-Match names.
func (a *API) DeleteTable(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	t, err := a.tableMeant(c, who)
	if err == nil {
		t, err = a.opt.Engine.Catalog().Trash(authored(c, who), t)
	}
	return a.tableDone(c, who, t, err)
}

// RestoreTable takes a table out of the trash, which the path names by its id, or by its name when that is one's alone.
func (a *API) RestoreTable(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	trash, err := a.opt.Store.DataTables(c.UserContext(), who.TenantID, true)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(trash, func(t models.DataTable) bool { return t.ID == c.Params("table") || t.Name == c.Params("table") })
	if i < 0 {
		return fault.New(fault.NotFound, "There is no such table in the trash.")
	}
	t := trash[i]
	t.Version = version
	t, err = a.opt.Engine.Catalog().Restore(authored(c, who), t)
	return a.tableDone(c, who, t, err)
}

// tableDone answers a table that was changed, or why it was not.
func (a *API) tableDone(c *fiber.Ctx, who models.Caller, t models.DataTable, err error) error {
	if err != nil {
		return a.stale(c.UserContext(), err, who.TenantID, t.ID, "table.", func() (any, error) {
			now, err := a.opt.Store.DataTable(c.UserContext(), who.TenantID, t.ID)
			return tableOf(&now), err
		})
	}
	return a.sendTable(c, &t)
}
