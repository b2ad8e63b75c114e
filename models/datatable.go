package models

import "encoding/json"

// DataTable describes a collection: which fields its records have. A record is an item of the collection.
type DataTable struct {
	ID         string
	TenantID   string
	Name       string // in paths; unique among a tenant's tables that are not in the trash
	Collection string // of its records; the same for life
	Label      string // for people; empty: the name
	About      string
	Icon       string
	Lead       string      // the name of the field that a record is called by; empty: its key
	Owned      bool        // each record belongs to a user, as items do; false: it is everybody's who may see the table
	Fields     []DataField // in order
	Revision   int64       // of the fields: from 1, one more at each change of them
	Since      int64       // the tenant's schema version that brought that revision
	Version    int64
	CreatedAt  int64
	UpdatedAt  int64
	DeletedAt  int64 // since when it is in the trash, ms, where its records can be neither read nor written; 0: it is not
}

// DataField is a field of a table.
type DataField struct {
	ID         string          `json:"id"`   // within the table; the same for life
	Name       string          `json:"name"` // of the member in a record's value
	Label      string          `json:"label,omitempty"`
	Help       string          `json:"help,omitempty"`
	Type       string          `json:"type"`
	Options    json.RawMessage `json:"options,omitempty"` // a JSON object; none: the type's own
	Required   bool            `json:"required,omitempty"`
	Unique     bool            `json:"unique,omitempty"`
	Indexed    bool            `json:"indexed,omitempty"`
	Default    json.RawMessage `json:"default,omitempty"`    // of a record that is made without the field
	Deprecated bool            `json:"deprecated,omitempty"` // still there for those who have it, not shown to whoever makes a record
}

// DataRevision is a table's fields as a change of them left them, and what the change did to values.
type DataRevision struct {
	TenantID string
	TableID  string
	Revision int64
	Schema   int64 // the tenant's schema version that it brought
	Fields   []DataField
	Steps    []DataStep // from the revision before this one
	Note     string     // of whoever made it
	Actor    string
	At       int64
}

// StepKind says what a step does to a record's value.
type StepKind string

// The kinds of steps.
const (
	StepAdd    StepKind = "add"    // a field that there was not
	StepRename StepKind = "rename" // its member has another name
	StepRetype StepKind = "retype" // its value has another type, or other options
	StepSplit  StepKind = "split"  // its text becomes that of several
	StepJoin   StepKind = "join"   // the texts of several become that of one: a split undone
	StepDrop   StepKind = "drop"   // it is no more
)

// DataStep leads a record's value from one revision of its table to the next, or back.
type DataStep struct {
	Kind StepKind                   `json:"kind"`
	Name string                     `json:"name"`           // of the field before; of an added one, after
	To   *DataField                 `json:"to,omitempty"`   // the field after: of add, rename and retype
	From *DataField                 `json:"from,omitempty"` // the field before: of retype and drop; the one field of split and join
	Into []DataField                `json:"into,omitempty"` // the several fields of split and join
	By   string                     `json:"by,omitempty"`   // of split and join: what stands between
	Mend map[string]json.RawMessage `json:"mend,omitempty"` // of retype: values for texts that do not convert; null: none
}
