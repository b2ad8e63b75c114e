package field

import (
	"net/url"
	"strings"
	"time"
)

// left is what Check makes of values that clients do not give: they are left out.
func left([]byte) ([]byte, error) { return nil, nil }

// createdTimeType is when the server took the record's first write.
func createdTimeType() *Type {
	return define(Type{
		Name: "createdTime", Label: "Created time", Group: GroupSystem, About: "When the record was made.",
		Source: Server, Storage: "datetime(3)", Merge: MergeServer, Index: ByValue, Filters: opsOrdered, Widget: WidgetNone, Cell: CellText,
	}, none{}, func(none) (Field, error) {
		return stamped{instantField(), func(was []byte, w Write) []byte {
			if was != nil {
				return was
			}
			return writeString(instantText(time.UnixMilli(w.At)))
		}}, nil
	})
}

// modifiedTimeType is when the server took the record's last write.
func modifiedTimeType() *Type {
	return define(Type{
		Name: "modifiedTime", Label: "Modified time", Group: GroupSystem, About: "When the record was last changed.",
		Source: Server, Storage: "datetime(3)", Merge: MergeServer, Index: ByValue, Filters: opsOrdered, Widget: WidgetNone, Cell: CellText,
	}, none{}, func(none) (Field, error) {
		return stamped{instantField(), func(_ []byte, w Write) []byte { return writeString(instantText(time.UnixMilli(w.At))) }}, nil
	})
}

// stamped is a field of instants that the server sets.
type stamped struct {
	*scalar[time.Time]
	set func(was []byte, w Write) []byte
}

// Set is the value by a write.
func (s stamped) Set(was []byte, w Write) []byte { return s.set(was, w) }

// ByOptions say whose write is named.
type ByOptions struct {
	Of string `json:"of" jsonschema:"title=Who,enum=created,enum=modified"`
}

// byType is who made a record, or who changed it last.
func byType() *Type {
	return define(Type{
		Name: "createdBy", Label: "Created by / modified by", Group: GroupSystem, About: "Who made the record, or who changed it last.",
		Source: Server, Storage: "varchar", Merge: MergeServer, Index: ByValue, Filters: opsEqual, Widget: WidgetNone, Cell: CellPerson,
	}, ByOptions{Of: "created"}, func(o ByOptions) (Field, error) {
		f := textField(128)
		f.key = func(s string) []byte { return []byte(s) }
		return author{f, o.Of == "created"}, nil
	})
}

// author is a field of who wrote.
type author struct {
	*scalar[string]
	first bool
}

// Set is the value by a write.
func (a author) Set(was []byte, w Write) []byte {
	if a.first && was != nil {
		return was
	}
	if w.User == "" {
		return nil
	}
	return writeString(w.User)
}

// ButtonOptions say what a button does.
type ButtonOptions struct {
	Label  string `json:"label" jsonschema:"title=Label,maxLength=60"`
	Action string `json:"action" jsonschema:"title=What it does,enum=link,enum=webhook,enum=set"`
	URL    string `json:"url,omitempty" jsonschema:"title=Address,description=Of a link or a webhook; {{name}} stands for a field,maxLength=2000"`
	Field  string `json:"field,omitempty" jsonschema:"title=Field,description=That it sets,maxLength=63"`
	Value  string `json:"value,omitempty" jsonschema:"title=Value,description=That it sets,maxLength=1000"`
	Color  string `json:"color,omitempty" jsonschema:"title=Colour,enum=,enum=gray,enum=red,enum=green,enum=blue"`
}

// buttonType is something to press; it has no value.
func buttonType() *Type {
	return define(Type{
		Name: "button", Label: "Button / action", Group: GroupSystem, About: "Something to press: it opens an address, calls one, or sets a field.",
		Source: Nothing, Storage: "none", Merge: MergeNothing, Index: NoIndex, Filters: []Op{}, Widget: WidgetNone, Cell: CellButton,
	}, ButtonOptions{Label: "Open", Action: "link"}, func(o ButtonOptions) (Field, error) {
		switch {
		case strings.TrimSpace(o.Label) == "":
			return nil, bad("length", "must be there").in("/label")
		case o.Action == "set" && o.URL != "":
			return nil, bad("option", "goes with a link or a webhook").in("/url")
		case o.Action != "set" && o.URL != "":
			if u, err := url.Parse(strings.NewReplacer("{{", "", "}}", "").Replace(o.URL)); err != nil || u.Scheme != "https" || u.Host == "" {
				return nil, bad("format", "must be an address that begins with https://").in("/url")
			}
		}
		return &rawField{schema: Schema{"type": "null"}, check: left, show: func([]byte, *Locale) string { return o.Label }}, nil
	})
}
