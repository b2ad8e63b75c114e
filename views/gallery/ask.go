package gallery

import "tidemark/views/ui"

// asking are the parts that forms of several fields are made of.
func asking() []Entry {
	choice := []ui.Option{{Value: "", Label: "Leave it to a person"}, {Value: "lww", Label: "Last write wins", Selected: true}}
	return []Entry{
		{"Asking", "TextArea", ui.TextArea(ui.AreaProps{ID: "g-area", Name: "value", Label: "Value", Value: `{"name":"Amina"}`, Hint: "JSON.", Mono: true, Rows: 3})},
		{"Asking", "TextArea, wrong", ui.TextArea(ui.AreaProps{ID: "g-area-wrong", Name: "value", Label: "Value", Value: hostile + long, Error: "Line 1, column 3: this is no JSON.", Optional: true})},
		{"Asking", "RestrictionFields", ui.RestrictionFields(ui.RestrictionProps{ID: "g-from", From: ui.Restrictions{IPs: "203.0.113.0/24", Agents: "("}, Errors: map[string]string{"userAgentPatterns": "The programs must be RE2 expressions."}, Hints: map[string]string{"ipRestrictions": "Is empty now. "}})},
		{"Asking", "SelectField", ui.SelectField(ui.SelectProps{ID: "g-strategy", Name: "strategy", Label: "Conflicts", Hint: "What happens to a stale write.", Options: choice})},
		{"Asking", "SelectField, wrong", ui.SelectField(ui.SelectProps{ID: "g-strategy-wrong", Name: "strategy", Label: "Conflicts", Error: "This is none of the choices.", Options: choice})},
		{"Asking", "Check", ui.Check(ui.CheckProps{ID: "g-check", Name: "write", Label: "May write", Hint: "Sets and removes items.", Checked: true})},
		{"Asking", "Check, plain", ui.Check(ui.CheckProps{ID: "g-check-plain", Name: "pick", Value: "k", Label: long})},
		{"Asking", "HiddenFields", ui.HiddenFields([]ui.Hidden{{Name: "version", Value: "3"}, {Name: "key", Value: hostile}})},
		{"Asking", "Confirm", ui.Confirm(ui.ConfirmProps{
			CSRF: "token", Action: "/console", Title: "Delete " + hostile + "?", Text: "This cannot be undone.", Effects: []string{"128,340 items of 412 users are gone.", "4,917 devices lose access."},
			Word: hostile, Typed: "globx", Error: "Type the name exactly.", Button: "Delete for good", Cancel: "/console",
		})},
		{"Asking", "Confirm, by the button alone", ui.Confirm(ui.ConfirmProps{ID: "confirm-plain", CSRF: "token", Action: "/console", Title: "Forget this device?", Text: "It takes a snapshot when it returns.", Button: "Forget", Cancel: "/console", Fields: []ui.Hidden{{Name: "id", Value: "d1"}}})},
		{"Asking", "Pager", ui.Pager(ui.PagerProps{Label: "Pages of items", Note: "51–100", First: "/console", Prev: "/console", Next: "/console"})},
		{"Asking", "Pager, one page", ui.Pager(ui.PagerProps{Label: "Pages of keys", Note: "3 keys"})},
		{"Asking", "Progress", ui.Progress(ui.ProgressProps{Label: "Import", Done: 1200, Total: 4000})},
		{"Asking", "Progress, of unknown length", ui.Progress(ui.ProgressProps{Label: "Import", Done: 1200})},
		{"Asking", "Toast, to be undone", ui.Toast(ui.ToastProps{Text: "Globex is suspended.", Tone: ui.OK, Undo: &ui.UndoProps{CSRF: "token", Action: "/console", Fields: []ui.Hidden{{Name: "version", Value: "4"}}}})},
	}
}
