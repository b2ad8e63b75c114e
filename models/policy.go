package models

// MergeKind says how two changes of one path of a JSON value merge.
type MergeKind string

// The kinds of paths. Objects always merge member by member. Of the rest, a path
// that no policy names is a text when it holds long strings, and else a register.
const (
	MergeRegister MergeKind = "register" // they do not: one of them stands
	MergeCounter  MergeKind = "counter"  // numbers: what both added
	MergeSet      MergeKind = "set"      // arrays: what either added, without what either removed; in order
	MergeList     MergeKind = "list"     // arrays, element by element
	MergeText     MergeKind = "text"     // strings, by characters; the same words changed twice clash
	MergeRows     MergeKind = "rows"     // arrays of objects that are told apart by their id: each merges member by member
	MergeFlag     MergeKind = "flag"     // true and false: true stands
)

// MergeKinds are all there are.
var MergeKinds = []MergeKind{MergeRegister, MergeCounter, MergeSet, MergeList, MergeText, MergeRows, MergeFlag}

// ConflictPolicy says how conflicts of some keys of a tenant are settled, or with
// a Path how a field of their values is merged.
type ConflictPolicy struct {
	ID         string
	TenantID   string
	Collection string    // empty: every one
	Pattern    string    // a key, or with * at its end all that begin with it; empty: every key
	Path       string    // JSON pointer (RFC 6901) into the value, in which * is any one name; empty: the item
	Strategy   Strategy  // of the item; of a field: what is done when it clashes, StrategyNone: as for the item
	Fallback   Strategy  // of an item that is merged: what is done with what clashes; StrategyNone: a person decides
	Kind       MergeKind // of a field; empty: by its values
	Threshold  int64     // of StrategyAssisted: the confidence in percent from which a suggestion is applied; 0: none is
	Version    int64
	CreatedAt  int64
	UpdatedAt  int64
	DeletedAt  int64 // since when it is in the trash, ms, where it settles nothing; 0: it is not
}
