package console

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/models"
	"tidemark/views/conflicts"
	"tidemark/views/ui"
)

// fill puts the fields of a conflict into its page, with what was picked of them.
// stood is the value that came of a settled one.
func fill(p *conflicts.DetailProps, x *engine.Examination, d decision, most int, stood []byte) {
	var rows []*conflict.Row
	for i := range x.Rows {
		r := &x.Rows[i]
		switch r.From {
		case conflict.Untouched:
			sameRow(p, r)
			continue
		case conflict.FromNobody:
			if d.picks[r.Name()] == "" {
				p.Choose++
			}
		case conflict.FromBoth, conflict.FromCurrent, conflict.FromIncoming, conflict.FromEither:
			p.Merged++
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b *conflict.Row) int { return cmp.Compare(rank(a), rank(b)) })
	if len(rows) > most {
		rows, p.More = rows[:most], len(rows)-most
	}
	for _, r := range rows {
		row := diffRow(r, d.picks[r.Name()])
		row.Hint = hint(x, r)
		if !p.Open {
			settledRow(&row, x, r, stood)
		}
		p.Rows = append(p.Rows, row)
	}
	p.JSON, p.Typed = d.json, d.typed
	if !d.typed {
		p.JSON = mergedText(x, d.picks)
	}
}

// rank puts what needs a choice first, and what merged by itself before what one side changed.
func rank(r *conflict.Row) int {
	switch r.From {
	case conflict.FromNobody:
		return 0
	case conflict.FromBoth:
		return 1
	case conflict.FromCurrent, conflict.FromIncoming:
		return 2
	case conflict.FromEither, conflict.Untouched:
	}
	return 3
}

func sameRow(p *conflicts.DetailProps, r *conflict.Row) {
	if len(p.Same) >= sameRows {
		p.SameMore++
		return
	}
	p.Same = append(p.Same, conflicts.SameRow{Label: fieldLabel(r.Name()), Text: ui.OneLine(r.Current)})
}

var rowStates = map[conflict.Origin][2]string{ // the state, and what stands unless somebody picks
	conflict.FromNobody: {"choose", ""}, conflict.FromBoth: {"merged", "merged"}, conflict.FromCurrent: {"current", "current"},
	conflict.FromIncoming: {"incoming", "incoming"}, conflict.FromEither: {"alike", "current"},
}

func diffRow(r *conflict.Row, pick conflict.Origin) conflicts.DiffRow {
	cells := ui.Cells(shownValue(r, r.Base), shownValue(r, r.Current), shownValue(r, r.Incoming))
	row := conflicts.DiffRow{
		Name: r.Name(), Label: fieldLabel(r.Name()), State: rowStates[r.From][0], Pick: rowStates[r.From][1], Kind: string(r.Kind), Note: r.Explain(),
		Base: cells[0], Current: cells[1], Incoming: cells[2], Result: ui.Cells(shownValue(r, r.Result))[0],
	}
	switch pick {
	case conflict.FromCurrent, conflict.FromIncoming:
		row.Pick = string(pick)
	case conflict.FromBoth:
		row.Pick = "merged"
	case conflict.FromNobody, conflict.FromEither, conflict.Untouched:
	}
	return row
}

// shownValue is a value as people read it: an expiry is a moment.
func shownValue(r *conflict.Row, value []byte) []byte {
	var at int64
	if r.Part == conflict.PartExpiry && value != nil {
		if _, err := fmt.Sscan(string(value), &at); err == nil {
			return encoded(instant(at))
		}
	}
	return value
}

// settledRow shows what became of a field.
func settledRow(row *conflicts.DiffRow, x *engine.Examination, r *conflict.Row, stood []byte) {
	if row.State == "choose" || row.State == "merged" {
		row.State = "settled"
	}
	if x.Winner != string(conflict.Merged) {
		row.Note = ""
	}
	switch conflict.Winner(x.Winner) {
	case conflict.Current:
		row.Pick = "current"
	case conflict.Incoming:
		row.Pick = "incoming"
	case conflict.Merged, conflict.Nobody:
		if r.Part != conflict.PartValue || stood == nil {
			return
		}
		value := conflict.At(stood, r.Path)
		row.Pick, row.Result = "merged", ui.Cells(value)[0]
		switch {
		case bytes.Equal(value, r.Current):
			row.Pick = "current"
		case bytes.Equal(value, r.Incoming):
			row.Pick = "incoming"
		}
	}
}

// hint is what an assistant would take for a field that somebody has to choose.
func hint(x *engine.Examination, r *conflict.Row) string {
	s := x.Suggestion
	if s == nil || s.Failure != "" || r.From != conflict.FromNobody || x.Status != models.ConflictOpen {
		return ""
	}
	if conflict.Winner(s.Choice) != conflict.Merged {
		return s.Choice
	}
	if r.Part != conflict.PartValue {
		return ""
	}
	switch value := conflict.At(s.Value, r.Path); {
	case bytes.Equal(value, r.Current):
		return "current"
	case bytes.Equal(value, r.Incoming):
		return "incoming"
	}
	return "of its own"
}

// mergedText is the value that the picks make, to be edited; of a removal nothing.
func mergedText(x *engine.Examination, picks map[string]conflict.Origin) string {
	side, _ := x.Chosen(picks)
	if side.Value == nil {
		return ""
	}
	return ui.PrettyJSON(side.Value)
}
