package field

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"tidemark/engine/protocol"
)

// ChecklistOptions bound a checklist.
type ChecklistOptions struct {
	Max int `json:"max" jsonschema:"title=Most steps,minimum=1,maximum=500"`
}

// step is a step of a checklist.
type step struct {
	Done bool   `json:"done,omitempty"`
	ID   string `json:"id"`
	Text string `json:"text"`
}

var rowIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// checklistType is steps to tick off, each with an id by which it stays the same when others move: [{"done":true,"id":"a1","text":"Call"}].
func checklistType() *Type {
	return define(Type{
		Name: "checklist", Label: "Checklist", Group: GroupStructure, About: "Steps to tick off, in an order of their own.",
		Storage: "json", Merge: MergeRows, Index: NoIndex, Filters: opsPresent, Widget: WidgetChecks, Cell: CellSummary,
	}, ChecklistOptions{Max: 200}, func(o ChecklistOptions) (Field, error) {
		return &rawField{
			schema: Schema{"type": "array", "maxItems": o.Max, "items": Schema{"type": "object", "required": []string{"id", "text"}}},
			check: func(value []byte) ([]byte, error) {
				steps, err := readSteps(value)
				switch {
				case err != nil:
					return nil, err
				case len(steps) > o.Max:
					return nil, bad("count", "must have at most %d steps, and has %d", o.Max, len(steps))
				case len(steps) == 0:
					return nil, nil
				}
				return writeSteps(steps), checkSteps(steps)
			},
			show: func(value []byte, _ *Locale) string {
				steps, _ := readSteps(value)
				done := 0
				for _, s := range steps {
					if s.Done {
						done++
					}
				}
				return fmt.Sprintf("%d/%d", done, len(steps))
			},
			parse: func(text string, _ *Locale) ([]byte, error) { return writeSteps(typedSteps(text)), nil },
			edit:  editedSteps,
		}, nil
	})
}

func readSteps(value []byte) ([]step, error) {
	var steps []step
	if err := readInto(value, &steps); err != nil {
		return nil, bad("type", "must be a list of steps, each with an id, a text, and whether it is done")
	}
	for i := range steps {
		steps[i].Text = oneLine(trimmed(steps[i].Text), 1<<20)
	}
	return steps, nil
}

func writeSteps(steps []step) []byte {
	out := []byte{'['}
	for i, s := range steps {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		if s.Done {
			out = append(out, `"done":true,`...)
		}
		out = append(protocol.AppendString(append(out, `"id":`...), s.ID), `,"text":`...)
		out = append(protocol.AppendString(out, s.Text), '}')
	}
	return append(out, ']')
}

func checkSteps(steps []step) error {
	seen := map[string]bool{}
	for i, s := range steps {
		switch {
		case !rowIDForm.MatchString(s.ID):
			return bad("format", "must have an id of 1 to 40 letters, digits, - and _").in(place(i) + "/id")
		case seen[s.ID]:
			return bad("unique", "must have an id of its own").in(place(i) + "/id")
		case s.Text == "":
			return bad("length", "must have a text").in(place(i) + "/text")
		case utf8.RuneCountInString(s.Text) > 500:
			return bad("length", "must have at most 500 characters").in(place(i) + "/text")
		}
		seen[s.ID] = true
	}
	return nil
}

var stepForm = regexp.MustCompile(`^(?:[-*]\s+)?(?:\[([ xX])\]\s*)?(.*?)(?:\s*\{#([A-Za-z0-9_-]{1,40})\})?$`)

// typedSteps reads a step a line: "[x] done", "[ ] to do" or just the text, with its id behind it as {#id}.
func typedSteps(text string) []step {
	var out []step
	for _, line := range strings.Split(text, "\n") {
		m := stepForm.FindStringSubmatch(trimmed(line))
		if m == nil || m[2] == "" {
			continue
		}
		s := step{Done: strings.EqualFold(m[1], "x"), ID: m[3], Text: m[2]}
		if s.ID == "" {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", len(out), s.Text))
			s.ID = hex.EncodeToString(sum[:5])
		}
		out = append(out, s)
	}
	return out
}

func editedSteps(value []byte) string {
	steps, _ := readSteps(value)
	var out []string
	for _, s := range steps {
		mark := " "
		if s.Done {
			mark = "x"
		}
		out = append(out, fmt.Sprintf("[%s] %s {#%s}", mark, s.Text, s.ID))
	}
	return strings.Join(out, "\n")
}
