package schema

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Preview is what a change of a table's fields does to the records it has.
type Preview struct {
	Examined int       `json:"examined"` // records that were looked at
	Complete bool      `json:"complete"` // these were all
	Changed  int       `json:"changed"`  // whose value is another afterwards
	Lost     int       `json:"lost"`     // of which something does not go along
	Lacking  int       `json:"lacking"`  // that can be read, but not written before something is put right
	Troubles []Trouble `json:"troubles"`
}

// Trouble is what happens to some records alike.
type Trouble struct {
	Field string   `json:"field"`
	Text  string   `json:"text"` // of the value, as in a file; a change can name another value for it
	Why   string   `json:"why"`
	Lost  bool     `json:"lost"` // else the record lacks something
	Count int      `json:"count"`
	Keys  []string `json:"keys"` // of the first of these records
}

const (
	previewPage     = 500
	previewBytes    = 8 << 20
	previewTroubles = 200 // told at most, the most frequent first
	previewKinds    = 5000
	previewKeys     = 3
	previewText     = 200 // of a text in a trouble, bytes
)

// PreviewTime is after how long a preview stops, and says so.
const PreviewTime = 5 * time.Second

// trouble is what records are told apart by.
type trouble struct {
	field, text, why string
	lost             bool
}

// preview leads a table's records along a plan, as many as there is time for.
func (c *Catalog) preview(ctx context.Context, p Plan) (Preview, error) {
	out := Preview{Complete: true, Troubles: []Trouble{}}
	revisions, err := c.store.DataRevisions(ctx, p.Table.TenantID, p.Table.ID)
	if err != nil {
		return out, err
	}
	const after = Latest // than all there are
	next, err := CompileWith(p.Table, append(revisions, models.DataRevision{Revision: p.Table.Revision + 1, Schema: after, Steps: p.Steps}))
	if err != nil {
		return out, err
	}
	var was *Table
	if was, err = c.table(ctx, p.Table); err != nil {
		return out, err
	}
	found := map[trouble]*Trouble{}
	began := c.clock.Now()
	q := store.ItemQuery{TenantID: p.Table.TenantID, Collection: p.Table.Collection, Limit: previewPage, MaxBytes: previewBytes, Now: began.UnixMilli()}
	for {
		items, err := c.store.Items(ctx, q)
		if err != nil {
			return out, err
		}
		for i := range items {
			out.add(was, next, &items[i], after, found)
		}
		if len(items) == 0 {
			break
		}
		last := &items[len(items)-1]
		if q.AfterOwner, q.After = last.Owner, last.Key; c.clock.Now().Sub(began) > PreviewTime {
			out.Complete = false
			break
		}
	}
	out.tell(found)
	return out, nil
}

// table is a table as it is now, ready.
func (c *Catalog) table(ctx context.Context, t models.DataTable) (*Table, error) {
	set, err := c.Now(ctx, t.TenantID)
	if err != nil {
		return nil, err
	}
	if now := set.Of(t.Collection); now != nil {
		return now, nil
	}
	return nil, fault.New(fault.NotFound, "There is no such table any more.")
}

// add looks at one record.
func (p *Preview) add(was, next *Table, it *models.Item, after int64, found map[trouble]*Trouble) {
	p.Examined++
	now, gone := was.Move(it.Value, it.Schema, after-1)
	value, lost := next.Move(it.Value, it.Schema, after)
	if !bytes.Equal(value, now) {
		p.Changed++
	}
	before := p.Lost
	for _, l := range lost {
		if !slices.ContainsFunc(gone, l.same) { // else it went already
			p.Lost = before + 1
			note(found, trouble{l.Field, short(l.Text), l.Why, true}, it.Key)
		}
	}
	if _, err := next.Check(value, false); err != nil {
		if _, err := was.Check(now, false); err != nil {
			return // it lacked something before
		}
		p.Lacking++
		for _, f := range fault.From(err).Fields {
			note(found, trouble{f.Path, "", f.Message, false}, it.Key)
		}
	}
}

// note counts a record among those that have a trouble alike.
func note(found map[trouble]*Trouble, t trouble, key string) {
	one := found[t]
	if one == nil {
		if len(found) >= previewKinds {
			return
		}
		one = &Trouble{Field: t.field, Text: t.text, Why: t.why, Lost: t.lost}
		found[t] = one
	}
	if one.Count++; len(one.Keys) < previewKeys {
		one.Keys = append(one.Keys, key)
	}
}

// tell lists the troubles, the most frequent first.
func (p *Preview) tell(found map[trouble]*Trouble) {
	all := slices.SortedFunc(maps.Values(found), func(a, b *Trouble) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Field, b.Field), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Why, b.Why))
	})
	for _, t := range all[:min(len(all), previewTroubles)] {
		p.Troubles = append(p.Troubles, *t)
	}
}

// short is a text as a list has room for.
func short(text string) string {
	if len(text) <= previewText {
		return text
	}
	return strings.ToValidUTF8(text[:previewText], "") + "…"
}
