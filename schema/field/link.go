package field

import (
	"slices"

	"tidemark/engine/protocol"
)

// LinkOptions say where a link leads.
type LinkOptions struct {
	Table string `json:"table" jsonschema:"title=Table,description=The collection of the table whose records it names,maxLength=64"`
}

// linkType is a record of another table, by its key.
func linkType() *Type {
	return define(Type{
		Name: "link", Label: "Link to one", Group: GroupRelation, About: "A record of another table, such as the customer of an order.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLink, Cell: CellRecord,
	}, LinkOptions{}, func(o LinkOptions) (Field, error) {
		f := textField(protocol.MaxKey)
		f.rule = func(s string) (string, error) { return s, recordKey(s) }
		f.key = func(s string) []byte { return []byte(s) }
		return link{f, o}, nil
	})
}

func recordKey(s string) error {
	if err := protocol.CheckKey(s); err != nil {
		return bad("format", "must be the key of a record, of 1 to %d bytes", protocol.MaxKey)
	}
	return nil
}

// link is a field that leads to one record.
type link struct {
	*scalar[string]
	o LinkOptions
}

// Refers is the record that a value names.
func (l link) Refers(value []byte) []Reference {
	s, err := l.read(value)
	if err != nil {
		return nil
	}
	return []Reference{{To: ToRecord, Table: l.o.Table, ID: s}}
}

// What a reference may name.
const (
	ToRecord = "record"
	ToUser   = "user"
	ToFile   = "file"
)

// LinksOptions say where links lead, and how many there may be.
type LinksOptions struct {
	Table string `json:"table" jsonschema:"title=Table,description=The collection of the table whose records it names,maxLength=64"`
	Max   int    `json:"max" jsonschema:"title=Most,minimum=1,maximum=1000"`
}

// linksType is some records of another table, by their keys, each once.
func linksType() *Type {
	return define(Type{
		Name: "links", Label: "Link to many", Group: GroupRelation, About: "Some records of another table, such as the parts of a job.",
		Storage: "join table", Merge: MergeSet, Index: ByMember, Filters: opsMembers, Widget: WidgetLinks, Cell: CellBadges,
	}, LinksOptions{Max: 100}, func(o LinksOptions) (Field, error) {
		return links{namesOf(o.Max, recordKey), o.Table}, nil
	})
}

// links is a field that leads to some records.
type links struct {
	*rawField
	table string
}

// Keys are a key for each record.
func (l links) Keys(value []byte) [][]byte { return nameKeys(value) }

// Refers are the records that a value names.
func (l links) Refers(value []byte) []Reference {
	return referencesTo(value, Reference{To: ToRecord, Table: l.table})
}

// namesOf is a field of some names, each once, in the order of their bytes; they are kept as they are.
func namesOf(most int, rule func(string) error) *rawField {
	return &rawField{
		schema: Schema{"type": "array", "items": Schema{"type": "string"}, "uniqueItems": true, "maxItems": most},
		check: func(value []byte) ([]byte, error) {
			names, err := readNames(value)
			if err != nil {
				return nil, err
			}
			slices.Sort(names)
			if names = slices.Compact(names); len(names) > most {
				return nil, bad("count", "must have at most %d, and has %d", most, len(names))
			}
			for i, s := range names {
				if err := rule(s); err != nil {
					return nil, err
				}
				names[i] = string(writeString(s))
			}
			if len(names) == 0 {
				return nil, nil
			}
			return protocol.Array(names), nil
		},
		show: func(value []byte, _ *Locale) string {
			names, _ := readNames(value)
			return oneLine(joined(names), shownSigns)
		},
		parse: func(text string, _ *Locale) ([]byte, error) { return typedList(text, "text") },
		edit:  editedList,
	}
}

func readNames(value []byte) ([]string, error) {
	list, ok := protocol.Elements(value)
	if !ok {
		return nil, bad("type", "must be a list of texts")
	}
	for i, e := range list {
		s, err := readString([]byte(e))
		if err != nil {
			return nil, bad("type", "must be a list of texts")
		}
		list[i] = s
	}
	return list, nil
}

func joined(names []string) string {
	out := ""
	for i, s := range names {
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}

func nameKeys(value []byte) [][]byte {
	names, _ := readNames(value)
	out := make([][]byte, len(names))
	for i, s := range names {
		out[i] = cutKey([]byte(s))
	}
	return out
}

func referencesTo(value []byte, like Reference) []Reference {
	names, _ := readNames(value)
	out := make([]Reference, len(names))
	for i, s := range names {
		out[i], out[i].ID = like, s
	}
	return out
}

// AnyLinkOptions say where a link may lead.
type AnyLinkOptions struct {
	Tables []string `json:"tables" jsonschema:"title=Tables,description=The collections of the tables it may lead to; none: all,maxItems=100"`
}

// anyTarget is a record of some table.
type anyTarget struct {
	ID    string `json:"id"`
	Table string `json:"table"`
}

// anyLinkType is a record of one of several tables: {"id":"42","table":"orders"}. The two are never told apart.
func anyLinkType() *Type {
	return define(Type{
		Name: "anyLink", Label: "Polymorphic link", Group: GroupRelation, About: "A record of one of several tables, such as what a comment is about.",
		Storage: "varchar + varchar", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLink, Cell: CellRecord,
	}, AnyLinkOptions{Tables: []string{}}, func(o AnyLinkOptions) (Field, error) {
		return anyLink{&scalar[anyTarget]{
			schema: Schema{"type": "object", "required": []string{"table", "id"}, "additionalProperties": false, "properties": Schema{"table": Schema{"type": "string"}, "id": Schema{"type": "string"}}},
			read:   func(value []byte) (t anyTarget, err error) { return t, readInto(value, &t) },
			rule: func(t anyTarget) (anyTarget, error) {
				if protocol.CheckCollection(t.Table) != nil || len(o.Tables) > 0 && !slices.Contains(o.Tables, t.Table) {
					return t, bad("option", "must name one of its tables")
				}
				return t, recordKey(t.ID)
			},
			write:  func(t anyTarget) []byte { return texted(map[string]string{"id": t.ID, "table": t.Table}) },
			parse:  typedTarget,
			show:   func(t anyTarget, _ *Locale) string { return t.Table + "/" + t.ID },
			export: func(t anyTarget) string { return t.Table + "/" + t.ID },
			key:    func(t anyTarget) []byte { return []byte(t.Table + "\x00" + t.ID) },
		}}, nil
	})
}

// anyLink is a field that leads to a record of some table.
type anyLink struct{ *scalar[anyTarget] }

// Refers is the record that a value names.
func (l anyLink) Refers(value []byte) []Reference {
	t, err := l.read(value)
	if err != nil {
		return nil
	}
	return []Reference{{To: ToRecord, Table: t.Table, ID: t.ID}}
}
