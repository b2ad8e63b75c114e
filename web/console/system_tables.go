package console

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/layout"
	"tidemark/views/system"
	"tidemark/views/ui"
)

const (
	tableRows    = 50
	tableCells   = 600      // of a page of a wide table
	cellShort    = 160      // bytes of a value in a list
	cellLong     = 64 << 10 // of a value of one row
	hexShort     = 12
	hexLong      = 512
	maxLookValue = 100 // characters of a filter's value in the audit
)

// tables lists the tables of the database.
func (c *Console) tables(f *fiber.Ctx) error {
	all, err := c.opt.Store.Tables(f.UserContext())
	if err != nil {
		return err
	}
	p := system.TablesProps{Places: c.places(f, "tables")}
	for _, t := range all {
		p.Tables = append(p.Tables, tableOf(t))
	}
	return c.page(f, c.systemPage("Tables"), system.Tables(p))
}

// tableRows shows a page of a table, or one row of it. Each look is in the audit, before it is had.
func (c *Console) tableRows(f *fiber.Ctx) error {
	t, err := c.opt.Store.Table(f.UserContext(), f.Params("table"))
	if err != nil {
		return err
	}
	p := system.RowsProps{Places: c.places(f, "tables"), Table: tableOf(t), Column: f.Query("column"), Value: f.Query("q"), Sort: f.Query("sort"), Orders: ordersOf(t)}
	q, err := c.lookOf(f, t, &p)
	if err != nil {
		return c.notShown(f, p, err)
	}
	if err := c.opt.Store.Audit(as(f), lookAudit(q)); err != nil {
		return err
	}
	rows, more, err := c.opt.Store.TableRows(f.UserContext(), t, q)
	if err != nil {
		return c.notShown(f, p, err)
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, rowCells(t, r, p.Single, p.RowAddress(c.sealPlace(q, r.Place))))
	}
	c.tablePages(&p, q, rows, more)
	return c.page(f, c.tablePage(t.Name), system.Rows(p))
}

// tablePages leads to the pages around one. A place here is too long for a trail, but the rows before one are read as those after it are.
func (c *Console) tablePages(p *system.RowsProps, q store.TableQuery, rows []store.TableRow, more bool) {
	if p.Single {
		return
	}
	if q.After != nil && (more || !q.Back || len(rows) == 0) {
		p.First = p.Address("")
	}
	if len(rows) == 0 {
		return
	}
	if p.First != "" {
		p.Prev = p.Before(c.sealPlace(q, rows[0].Place))
	}
	if more || q.Back {
		p.Next = p.Address(c.sealPlace(q, rows[len(rows)-1].Place))
	}
}

func (c *Console) tablePage(name string) place {
	at := c.systemPage(name)
	at.crumbs = append(at.crumbs, layout.Crumb{Label: "Tables", Href: "/console/system/tables"})
	return at
}

// notShown keeps the filter of a look that did not come about, and says why.
func (c *Console) notShown(f *fiber.Ctx, p system.RowsProps, err error) error {
	fl := fault.From(err)
	if fl.Code != fault.Timeout && fl.Code != fault.Invalid {
		return err
	}
	p.Problem, p.Slow = fl.Message, fl.Code == fault.Timeout
	if !p.Slow {
		p.Problem = "The " + fl.Message + "."
		f.Status(http.StatusUnprocessableEntity)
	}
	return c.page(f, c.tablePage(p.Table.Name), system.Rows(p))
}

// lookOf reads from the address what is wanted of a table.
func (c *Console) lookOf(f *fiber.Ctx, t store.Table, p *system.RowsProps) (store.TableQuery, error) {
	q := store.TableQuery{Table: t.Name, Column: p.Column, Value: p.Value, Limit: max(1, min(tableRows, tableCells/len(t.Columns))), Cell: cellShort}
	if p.Value == "" { // an empty field filters nothing
		q.Column = ""
	}
	q.Sort, q.Down = strings.CutPrefix(p.Sort, "-")
	if row := f.Query("row"); row != "" {
		p.Single, p.Column, p.Value = true, "", ""
		q.Column, q.Limit, q.Cell = "", 1, cellLong
		return q, c.openPlace(q, row, &q.Only)
	}
	if p.Value != "" && p.Column == "" {
		return q, fault.OfField("column", "required", "must be chosen to look for a value")
	}
	page := f.Query("page")
	if before := f.Query("before"); before != "" {
		page, q.Back = before, true
	}
	if page != "" {
		return q, c.openPlace(q, page, &q.After)
	}
	return q, nil
}

// lookAudit is the entry of a look; what was looked for is a part of it.
func lookAudit(q store.TableQuery) models.AuditEntry {
	about := map[string]any{}
	switch {
	case q.Only != nil:
		about["one"] = "row"
	case q.Column != "":
		value := []rune(q.Value)
		about["column"], about["value"] = q.Column, string(value[:min(len(value), maxLookValue)])
	}
	e := models.AuditEntry{Action: "table.view", Object: q.Table}
	if len(about) > 0 {
		e.Detail, _ = json.Marshal(about) // of texts: cannot fail
	}
	return e
}

func tableOf(t store.Table) system.Table {
	out := system.Table{Name: t.Name, Rows: rowsAbout(t.Rows), Key: t.Key}
	key, indexed := map[string]bool{}, map[string]bool{}
	for _, name := range t.Key {
		key[name], indexed[name] = true, true
	}
	for _, x := range t.Indexes {
		for _, name := range x.Columns {
			indexed[name] = true
		}
	}
	for _, col := range t.Columns {
		out.Columns = append(out.Columns, system.Column{Name: col.Name, Type: col.Type, Null: col.Null, Hidden: col.Hidden, Key: key[col.Name], Number: col.Number(), Indexed: indexed[col.Name]})
	}
	for _, x := range t.Indexes {
		note := map[bool]string{true: "unique"}[x.Unique]
		if x.Partial {
			note = strings.TrimPrefix(note+", of some rows", ", ")
		}
		out.Indexes = append(out.Indexes, system.Index{Name: x.Name, Columns: strings.Join(x.Columns, ", "), Note: note})
	}
	return out
}

func rowsAbout(r store.RowCount) string {
	switch r.Sure {
	case store.CountExact:
		return ui.Comma(r.N)
	case store.CountAbout:
		return "about " + ui.Comma(r.N)
	case store.CountOver:
		return "more than " + ui.Comma(r.N)
	case store.CountUnknown:
	}
	return "not known"
}

func ordersOf(t store.Table) []system.Order {
	out := []system.Order{{Value: "", Label: "Key, ascending"}, {Value: "-" + store.KeyOrder, Label: "Key, descending"}}
	for _, x := range t.Orders() {
		out = append(out, system.Order{Value: x.Name, Label: x.Name + ", ascending"}, system.Order{Value: "-" + x.Name, Label: x.Name + ", descending"})
	}
	return out
}

func rowCells(t store.Table, r store.TableRow, whole bool, href string) system.Row {
	row := system.Row{Href: href}
	for i, cell := range r.Cells {
		shown := cellOf(cell, whole)
		if whole && moments.MatchString(t.Columns[i].Name) {
			shown.Note = momentOf(shown)
		}
		row.Cells = append(row.Cells, shown)
	}
	return row
}

// moments are the columns that hold one, in ms.
var moments = regexp.MustCompile(`(^|_)(at|timestamp|until)$`)

// momentOf is a number of ms as a date; empty when it is none of our time.
func momentOf(c system.Cell) string {
	at, err := strconv.ParseInt(c.Text, 10, 64)
	if err != nil || at < 1e12 || at > 1e13 {
		return ""
	}
	return ui.Stamp(at)
}

// cellOf shows a value: text as text, JSON set out when it is there as a whole, and bytes as hex.
func cellOf(cell store.Cell, whole bool) system.Cell {
	out := system.Cell{Null: cell.Null, Hidden: cell.Hidden, Number: cell.Number}
	if cell.Null || cell.Hidden {
		return out
	}
	cut := cell.Size > int64(len(cell.Bytes))
	text, ok := textOf(cell.Bytes, cut)
	if !ok {
		shown := cell.Bytes[:min(len(cell.Bytes), map[bool]int{true: hexLong, false: hexShort}[whole])]
		out.Text, out.Note = "0x"+hex.EncodeToString(shown), ui.Size(cell.Size)
		return out
	}
	if out.Text = text; cut {
		out.Text, out.Note = out.Text+"…", ui.Size(cell.Size)
		return out
	}
	if (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Valid(cell.Bytes) {
		out.JSON = true
		var b bytes.Buffer
		if whole && json.Indent(&b, cell.Bytes, "", "  ") == nil {
			out.Text = b.String()
		}
	}
	return out
}

// textOf is a value as text, if it is one; the last character of a cut one may be broken.
func textOf(b []byte, cut bool) (string, bool) {
	for n := 0; cut && n < utf8.UTFMax-1 && len(b) > 0 && !utf8.Valid(b); n++ {
		b = b[:len(b)-1]
	}
	odd := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }
	return string(b), utf8.Valid(b) && bytes.IndexFunc(b, odd) < 0
}
