package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// row is one measured figure. Ratio is to the limit measured beside it; a target
// is held against the ratio where there is one, else against the value.
type row struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Limit  float64 `json:"limit,omitempty"`
	Of     string  `json:"limitName,omitempty"`
	Ratio  float64 `json:"ratio,omitempty"`
	Note   string  `json:"note,omitempty"` // what else is to be said of it
	Target string  `json:"target,omitempty"`
	Pass   *bool   `json:"pass,omitempty"` // nil: for information
}

type report struct{ rows []row }

func (r *report) add(w row) { r.rows = append(r.rows, w) }

// atLeast and atMost hold a figure against its target.
func (w row) atLeast(got, want float64) row { return w.judge(got >= want, "≥ "+format(want)) }
func (w row) atMost(got, want float64) row  { return w.judge(got <= want, "≤ "+format(want)) }

func (w row) judge(pass bool, target string) row {
	w.Pass, w.Target = &pass, target
	return w
}

// beside makes the row of a series and the limit it took turns with.
func beside(name, unit string, s, limit *series, of string) row {
	return row{Name: name, Value: s.median(), Unit: unit, Limit: limit.median(), Of: of, Ratio: s.over(limit)}
}

func (r *report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"rows": r.rows})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MEASURED\tTIDEMARK\tLIMIT\tRATIO\tTARGET\t")
	for _, m := range r.rows {
		limit, ratio, verdict := m.Note, "", ""
		if m.Of != "" {
			limit, ratio = format(m.Limit)+" "+m.Of, format(m.Ratio)
		}
		if m.Pass != nil {
			verdict = map[bool]string{true: "pass", false: "MISS"}[*m.Pass]
		}
		fmt.Fprintln(t, strings.Join([]string{m.Name, format(m.Value) + " " + m.Unit, limit, ratio, m.Target, verdict}, "\t"))
	}
	return t.Flush()
}

// format writes a figure with three digits that count, and thousands apart.
func format(v float64) string {
	switch {
	case v >= 1000:
		text := fmt.Sprintf("%.0f", v)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
