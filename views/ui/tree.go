package ui

import "unicode/utf8"

const (
	treeText = 160     // characters of a string shown at once
	treeLong = 8 << 10 // and of one unfolded
	treeOpen = 2       // levels open from the start
)

// TreeProps describe a JSON value as a tree.
type TreeProps struct {
	Label string
	Root  Node
	Rest  string // address that shows what is left out; empty: there is none
}

// cutText is the beginning of a text, and whether there is more of it.
func cutText(s string, most int) (string, bool) {
	if len(s) <= most {
		return s, false
	}
	for i := range s {
		if most--; most < 0 {
			return s[:i], true
		}
	}
	return s, false
}

func characters(s string) string { return Comma(int64(utf8.RuneCountInString(s))) }

func (n *Node) folded(depth int) bool { return depth >= treeOpen && len(n.Kids) > 3 }

// Says is what a value is in a few words.
func (n *Node) Says() string {
	switch n.Kind {
	case KindObject:
		return "An object of " + n.sum()
	case KindArray:
		return "An array of " + n.sum()
	case KindString:
		return "A string of " + characters(n.Text) + " " + Plural(int64(utf8.RuneCountInString(n.Text)), "character", "characters")
	case KindNumber:
		return "A number"
	case KindBool:
		return "A boolean"
	default:
		return "Null"
	}
}

// tint is the colour of a literal.
func (n *Node) tint() string {
	switch n.Kind {
	case KindString:
		return "text-ok"
	case KindNumber:
		return "text-inc"
	case KindBool, KindNull:
		return "text-ai"
	default:
		return "text-ink-2"
	}
}
