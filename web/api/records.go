package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
	"tidemark/schema/field"
)

const maxExpanded = 3 // fields of a request

// Record is an item of a table's collection.
type Record struct {
	ID         string                        `json:"id" doc:"Its key."`
	Fields     json.RawMessage               `json:"fields" doc:"An object with those fields of the table that have a value."`
	Computed   json.RawMessage               `json:"computed,omitempty" doc:"An object with what was worked out for this answer: formulas, lookups, rollups and counts."`
	Version    int64                         `json:"version"`
	Seq        int64                         `json:"seq" doc:"Place of its last change in the log."`
	UpdatedAt  time.Time                     `json:"updatedAt"`
	UserID     string                        `json:"userId,omitempty" doc:"Whose it is; absent: everybody's."`
	Expanded   map[string]map[string]*Record `json:"expanded,omitempty" doc:"By a field that was to be expanded: the records it names, by their ids; null: not there, or not to be seen."`
	Status     string                        `json:"status,omitempty" enum:"applied,merged,conflict" doc:"After a write: as an item's."`
	ConflictID string                        `json:"conflictId,omitempty"`
}

// RecordPage is a page of records, by their ids.
type RecordPage struct {
	Records  []Record `json:"records" nullable:"false"`
	NextPage *string  `json:"nextPage" nullable:"true" doc:"Null: this was the last page."`
	Cursor   string   `json:"cursor" doc:"Where the log stood at the first page; for since."`
}

// RecordInput makes a record, or changes one.
type RecordInput struct {
	ID     string          `json:"id,omitempty" maxLength:"512" doc:"When it is made; absent: a new one."`
	Fields json.RawMessage `json:"fields" doc:"An object with fields of the table."`
}

// view is what a caller wants to see of records.
type view struct {
	table  *schema.Table
	only   []string // fields; nil: all
	expand []*schema.Column
}

// plain says whether an answer is told by the record's version alone: nothing is worked out of others, or led along from an older revision.
func (v *view) plain(who models.Caller, it *models.Item) bool {
	return len(v.expand) == 0 && !v.table.Computes() && v.table.Alike(it.Schema, cmp.Or(who.Schema, schema.Latest))
}

// recordTable is the table that the path names, by its name or its id.
func (a *API) recordTable(ctx context.Context, who models.Caller, name string) (*schema.Table, error) {
	catalog := a.opt.Engine.Catalog()
	set, err := catalog.Now(ctx, who.TenantID)
	if err != nil {
		return nil, err
	}
	t := set.Named(name)
	if t == nil { // another node may have made it just now
		if set, err = catalog.Load(ctx, who.TenantID, 0); err != nil {
			return nil, err
		}
		t = set.Named(name)
	}
	if t == nil {
		return nil, fault.New(fault.NotFound, "There is no such table.")
	}
	return t, nil
}

// view reads what the query wants to see.
func (a *API) view(c *fiber.Ctx, who models.Caller) (view, error) {
	t, err := a.recordTable(c.UserContext(), who, c.Params("table"))
	if err != nil {
		return view{}, err
	}
	v := view{table: t}
	if s := text(c, "fields"); s != "" {
		v.only = strings.Split(s, ",")
	}
	for _, name := range v.only {
		if t.Column(name) == nil {
			return v, fault.OfField("fields", "known", "must be names of fields of the table, and %q is none", name)
		}
	}
	if s := text(c, "expand"); s != "" {
		for _, name := range strings.Split(s, ",") {
			column := t.Column(name)
			if column == nil || !column.Leads() {
				return v, fault.OfField("expand", "known", "must be names of fields that lead to records, and %q is none", name)
			}
			v.expand = append(v.expand, column)
		}
	}
	if len(v.expand) > maxExpanded {
		return v, fault.OfField("expand", "max", "may be at most %d fields", maxExpanded)
	}
	return v, nil
}

// ListRecords answers a page of a table's records that the caller may read, in byte order of their ids.
func (a *API) ListRecords(c *fiber.Ctx, who models.Caller) error {
	v, err := a.view(c, who)
	if err != nil {
		return err
	}
	q := engine.ListQuery{Collection: v.table.Collection, Prefix: text(c, "prefix")}
	if err := protocol.CheckPrefix(q.Prefix); err != nil {
		return err
	}
	if q.Limit, err = limit(c); err != nil {
		return err
	}
	if q.Page, err = token(c, "page"); err != nil {
		return err
	}
	page, err := a.opt.Engine.List(c.UserContext(), who, q)
	if err != nil {
		return err
	}
	out := RecordPage{Records: make([]Record, len(page.Items)), Cursor: page.Cursor}
	if page.NextPage != "" {
		out.NextPage = &page.NextPage
	}
	seen := expander{a: a, c: c.UserContext(), who: who, found: map[field.Reference]*Record{}}
	for i := range page.Items {
		if out.Records[i], err = seen.record(v, &page.Items[i]); err != nil {
			return err
		}
	}
	return sendJSON(c, out)
}

// GetRecord answers a record, or 304 to whoever has this version already.
func (a *API) GetRecord(c *fiber.Ctx, who models.Caller) error {
	v, err := a.view(c, who)
	if err != nil {
		return err
	}
	id, err := recordID(c)
	if err != nil {
		return err
	}
	if err := a.opt.Access.Allow(who, access.ItemsRead, v.table.Collection, id); err != nil {
		return err
	}
	it, err := a.opt.Engine.Get(c.UserContext(), who, v.table.Collection, id)
	if err != nil {
		return err
	}
	c.Response().Header.SetCanonical(headerCacheControl, privateNoCache)
	setETag(c, it.Version)
	if v.plain(who, &it) && has(c.Request().Header.Peek(fiber.HeaderIfNoneMatch), it.Version) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	return a.sendRecord(c, who, v, &it, Record{})
}

func (a *API) sendRecord(c *fiber.Ctx, who models.Caller, v view, it *models.Item, told Record) error {
	seen := expander{a: a, c: c.UserContext(), who: who, found: map[field.Reference]*Record{}}
	out, err := seen.record(v, it)
	if err != nil {
		return err
	}
	out.Status, out.ConflictID = told.Status, told.ConflictID
	return sendJSON(c, out)
}

// AddRecord makes a record.
func (a *API) AddRecord(c *fiber.Ctx, who models.Caller) error {
	v, err := a.view(c, who)
	if err != nil {
		return err
	}
	in, err := recordInput(c)
	if err != nil {
		return err
	}
	if in.ID == "" {
		in.ID = a.newRecordID(c, who)
	}
	if err := protocol.CheckKey(in.ID); err != nil {
		return err
	}
	none := int64(0)
	op := protocol.Op{Kind: protocol.Set, Collection: v.table.Collection, Key: in.ID, Value: in.Fields, Base: &none, CreateOnly: true, Strict: true}
	c.Set(fiber.HeaderLocation, tablesPath+"/"+v.table.Name+"/records/"+url.PathEscape(in.ID))
	c.Status(fiber.StatusCreated)
	return a.writeRecord(c, who, v, op)
}

// newRecordID is an id for a record that comes without one. The same request, repeated, has the same one.
func (a *API) newRecordID(c *fiber.Ctx, who models.Caller) string {
	repeat := c.Request().Header.Peek("Idempotency-Key")
	if len(repeat) == 0 {
		return clock.NewID(a.opt.Clock)
	}
	h := sha256.Sum256(slices.Concat([]byte(who.TenantID+"\x00"+who.UserID+"\x00"+who.IdemInstance()+"\x00"), repeat))
	return hex.EncodeToString(h[:16])
}

// PutRecord sets a record, all of it.
func (a *API) PutRecord(c *fiber.Ctx, who models.Caller) error {
	return a.changeRecord(c, who, protocol.Set)
}

// PatchRecord changes those fields of a record that the body names; null takes one away.
func (a *API) PatchRecord(c *fiber.Ctx, who models.Caller) error {
	return a.changeRecord(c, who, protocol.Patch)
}

func (a *API) changeRecord(c *fiber.Ctx, who models.Caller, kind protocol.Kind) error {
	v, err := a.view(c, who)
	if err != nil {
		return err
	}
	in, err := recordInput(c)
	if err != nil {
		return err
	}
	op := protocol.Op{Kind: kind, Collection: v.table.Collection, Value: in.Fields}
	if op.Key, err = recordID(c); err != nil {
		return err
	}
	if in.ID != "" && in.ID != op.Key {
		return fault.OfField("id", "known", "is not that of the path")
	}
	if kind == protocol.Set {
		err = createOnly(c, &op)
	}
	if err != nil {
		return err
	}
	return a.writeRecord(c, who, v, op)
}

// DeleteRecord removes a record.
func (a *API) DeleteRecord(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	v, err := a.view(c, who)
	if err != nil {
		return err
	}
	op := protocol.Op{Kind: protocol.Remove, Collection: v.table.Collection}
	if op.Key, err = recordID(c); err != nil {
		return err
	}
	return a.write(c, who, op)
}

// writeRecord settles one operation and answers the record as it stands then.
func (a *API) writeRecord(c *fiber.Ctx, who models.Caller, v view, op protocol.Op) error {
	r, err := a.settle(c, who, op)
	if err != nil {
		c.Response().Header.Del(fiber.HeaderLocation)
		return err
	}
	told := Record{Status: string(r.Status), ConflictID: r.ConflictID}
	it := models.Item{Key: op.Key, Version: r.Version, Seq: r.Seq, ModifiedAt: clock.Millis(a.opt.Clock), Value: r.Value}
	if a.opt.Access.Allow(who, access.ItemsRead, op.Collection, op.Key) == nil {
		found, err := a.opt.Engine.Get(c.UserContext(), who, op.Collection, op.Key)
		if err != nil && !fault.Is(err, fault.NotFound) { // somebody removed it meanwhile
			return err
		}
		if err == nil {
			it = found
		}
	}
	setETag(c, it.Version)
	return a.sendRecord(c, who, v, &it, told)
}

func recordInput(c *fiber.Ctx) (RecordInput, error) {
	var in RecordInput
	if err := strict(c, &in, "id", "fields"); err != nil {
		return in, err
	}
	if len(in.Fields) == 0 || in.Fields[0] != '{' {
		return in, fault.OfField("fields", "type", "must be an object with the table's fields")
	}
	return in, nil
}

// recordID is the key of a record at the end of the path, percent-decoded exactly once.
func recordID(c *fiber.Ctx) (string, error) {
	rest, ok := bytes.CutPrefix(c.Request().URI().PathOriginal(), []byte(tablesPath+"/"))
	_, rest, named := bytes.Cut(rest, []byte("/"))
	raw, of := bytes.CutPrefix(rest, []byte("records/"))
	if !ok || !named || !of {
		return "", fiber.ErrNotFound
	}
	id, err := unescape(raw)
	if err != nil {
		return "", err
	}
	return id, protocol.CheckKey(id)
}

// expander makes records of items, and finds those they lead to, each once.
type expander struct {
	a     *API
	c     context.Context //nolint:containedctx // of the one request it is made for
	who   models.Caller
	found map[field.Reference]*Record
}

func (e *expander) record(v view, it *models.Item) (Record, error) {
	out := plainRecord(it)
	for _, column := range v.expand {
		of := map[string]*Record{}
		for _, ref := range column.Field.(field.Referrer).Refers(schema.Get(it.Value, column.Name)) {
			found, err := e.find(ref)
			if err != nil {
				return out, err
			}
			of[ref.ID] = found
		}
		if out.Expanded == nil {
			out.Expanded = map[string]map[string]*Record{}
		}
		out.Expanded[column.Name] = of
	}
	if v.table.Computes() {
		var err error
		if out.Computed, err = e.computed(v.table, it.Value); err != nil {
			return out, err
		}
	}
	if v.only != nil {
		out.Fields = chosen(it.Value, v.only)
		if out.Computed != nil {
			out.Computed = chosen(out.Computed, v.only)
		}
	}
	return out, nil
}

// computed is what is worked out of a record, over what the caller sees of those it leads to.
func (e *expander) computed(t *schema.Table, value []byte) (out []byte, err error) {
	out = t.Compute(value, e.a.opt.Clock.Now(), func(link *schema.Column) (values [][]byte) {
		for _, ref := range link.Field.(field.Referrer).Refers(schema.Get(value, link.Name)) {
			found, fails := e.find(ref)
			if fails != nil {
				err = fails
			}
			if found != nil {
				values = append(values, found.Fields)
			}
		}
		return values
	})
	return out, err
}

func plainRecord(it *models.Item) Record {
	out := Record{ID: it.Key, Fields: it.Value, Version: it.Version, Seq: it.Seq, UpdatedAt: moment(it.ModifiedAt)}
	if it.Owner != models.Everyone {
		out.UserID = it.Owner
	}
	if out.Fields == nil {
		out.Fields = json.RawMessage("{}")
	}
	return out
}

// find is a record that a value names; nil: it is not there, or the caller may not see it.
func (e *expander) find(ref field.Reference) (*Record, error) {
	if r, known := e.found[ref]; known {
		return r, nil
	}
	e.found[ref] = nil
	if may := e.a.opt.Access.Allow(e.who, access.ItemsRead, ref.Table, ref.ID) == nil; !may || ref.To != field.ToRecord {
		return nil, nil
	}
	it, err := e.a.opt.Engine.Get(e.c, e.who, ref.Table, ref.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := plainRecord(&it)
	e.found[ref] = &r
	return &r, nil
}

// chosen is a value with some of its members only.
func chosen(value []byte, names []string) json.RawMessage {
	members, _ := crdt.Members(value)
	out := []byte{'{'}
	for _, m := range members {
		if !slices.Contains(names, m.Name) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, m.Name), ':'), m.Value...)
	}
	return append(out, '}')
}
