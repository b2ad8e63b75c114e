package ui

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is what a JSON value is.
type Kind string

// The kinds of JSON values.
const (
	KindObject Kind = "object"
	KindArray  Kind = "array"
	KindString Kind = "string"
	KindNumber Kind = "number"
	KindBool   Kind = "boolean"
	KindNull   Kind = "null"
)

// Node is a JSON value as it is shown.
type Node struct {
	Kind Kind
	Name string // of a member, or the index of an element
	Path string // from the root, such as $.parts[0].sku
	Text string // of a string without quotes; else the literal
	Kids []Node
	More int // members or elements left out
}

// Bounds say how much of a value is read into nodes.
type Bounds struct {
	Nodes int // in all
	Kids  int // of one object or array
}

// Whole reads as much of a value as a page may ever hold.
var Whole = Bounds{Nodes: 50_000, Kids: 50_000}

// ParseJSON reads a JSON value, the first of its nodes within the bounds. What is not JSON is a string.
func ParseJSON(text []byte, b Bounds) Node {
	r := nodeReader{dec: json.NewDecoder(bytes.NewReader(text)), bounds: b}
	r.dec.UseNumber()
	n, err := r.value("", "$")
	if err != nil {
		return Node{Kind: KindString, Path: "$", Text: string(text)}
	}
	return n
}

type nodeReader struct {
	dec    *json.Decoder
	bounds Bounds
	read   int
}

func (r *nodeReader) value(name, path string) (Node, error) {
	n := Node{Name: name, Path: path}
	t, err := r.dec.Token()
	if err != nil {
		return n, err
	}
	r.read++
	switch v := t.(type) {
	case json.Delim:
		n.Kind = KindArray
		if v == '{' {
			n.Kind = KindObject
		}
		err = r.kids(&n)
	case string:
		n.Kind, n.Text = KindString, v
	case json.Number:
		n.Kind, n.Text = KindNumber, v.String()
	case bool:
		n.Kind, n.Text = KindBool, strconv.FormatBool(v)
	default:
		n.Kind, n.Text = KindNull, "null"
	}
	return n, err
}

func (r *nodeReader) kids(n *Node) error {
	for i := 0; r.dec.More(); i++ {
		name, path := strconv.Itoa(i), n.Path+"["+strconv.Itoa(i)+"]"
		if n.Kind == KindObject {
			t, err := r.dec.Token()
			if err != nil {
				return err
			}
			name, _ = t.(string)
			path = n.Path + step(name)
		}
		if i >= r.bounds.Kids || r.read >= r.bounds.Nodes {
			var skipped json.RawMessage
			if err := r.dec.Decode(&skipped); err != nil {
				return err
			}
			n.More++
			continue
		}
		kid, err := r.value(name, path)
		if err != nil {
			return err
		}
		n.Kids = append(n.Kids, kid)
	}
	_, err := r.dec.Token() // the closing bracket
	return err
}

// step is the way from an object to its member.
func step(name string) string {
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return "[" + quoted(name) + "]"
		}
	}
	if name == "" {
		return `[""]`
	}
	return "." + name
}

// quoted is a JSON string with what people can read left as it is. What would
// turn the direction of the text around it, or not be seen at all, stands as an escape.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // strings always encode
	return unseen.Replace(strings.TrimSuffix(b.String(), "\n"))
}

var unseen = strings.NewReplacer("\u00ad", `\u00ad`, "\u200b", `\u200b`, "\u2060", `\u2060`, "\ufeff", `\ufeff`,
	"\u061c", `\u061c`, "\u200e", `\u200e`, "\u200f", `\u200f`, "\u202a", `\u202a`, "\u202b", `\u202b`, "\u202c", `\u202c`,
	"\u202d", `\u202d`, "\u202e", `\u202e`, "\u2066", `\u2066`, "\u2067", `\u2067`, "\u2068", `\u2068`, "\u2069", `\u2069`)

// Literal is the node as JSON on one line, its left out parts as "…".
func (n *Node) Literal() string {
	var b strings.Builder
	n.inline(&b)
	return b.String()
}

func (n *Node) inline(b *strings.Builder) {
	if !n.holds() {
		b.WriteString(n.scalar())
		return
	}
	start, end := n.brackets()
	b.WriteString(start)
	for i := range n.Kids {
		if i > 0 {
			b.WriteString(", ")
		}
		if n.Kind == KindObject {
			b.WriteString(quoted(n.Kids[i].Name) + ": ")
		}
		n.Kids[i].inline(b)
	}
	if n.More > 0 {
		b.WriteString(", …")
	}
	b.WriteString(end)
}

func (n *Node) holds() bool { return n.Kind == KindObject || n.Kind == KindArray }

func (n *Node) scalar() string {
	if n.Kind == KindString {
		return quoted(n.Text)
	}
	return n.Text
}

func (n *Node) brackets() (start, end string) {
	switch {
	case n.Kind == KindArray:
		return "[", "]"
	case len(n.Kids) == 0:
		return "{", "}"
	}
	return "{ ", " }"
}

// sum says what an object or array holds.
func (n *Node) sum() string {
	all := int64(len(n.Kids) + n.More)
	if n.Kind == KindArray {
		return Comma(all) + " " + Plural(all, "element", "elements")
	}
	return Comma(all) + " " + Plural(all, "member", "members")
}

const (
	prettyWidth = 72 // characters of what may stand on one line
	prettyGrow  = 4  // times the value's size its pretty form may take
)

// PrettyJSON breaks JSON into lines for people: what is short stays on one line.
// A value that would grow out of all proportion, as one nested deeply, and what
// is not JSON, come back as they are.
func PrettyJSON(text []byte) string {
	all := Bounds{Nodes: len(text) + 1, Kids: len(text) + 1}
	n, p := ParseJSON(text, all), printer{most: len(text)*prettyGrow + 64<<10}
	if n.Kind == KindString && (len(text) == 0 || text[0] != '"') {
		return string(text)
	}
	p.put(&n, "")
	if p.b.Len() > p.most {
		return string(text)
	}
	return p.b.String()
}

type printer struct {
	b    strings.Builder
	most int
}

func (p *printer) put(n *Node, indent string) {
	if p.b.Len() > p.most {
		return
	}
	if line, ok := n.short(); ok && indent != "" || !n.holds() || len(n.Kids) == 0 {
		if !ok {
			line = n.Literal()
		}
		p.b.WriteString(line)
		return
	}
	deeper := indent + "  "
	start, end := n.brackets()
	p.b.WriteString(strings.TrimSpace(start))
	for i := range n.Kids {
		if i > 0 {
			p.b.WriteString(",")
		}
		p.b.WriteString("\n" + deeper)
		if n.Kind == KindObject {
			p.b.WriteString(quoted(n.Kids[i].Name) + ": ")
		}
		p.put(&n.Kids[i], deeper)
	}
	p.b.WriteString("\n" + indent + strings.TrimSpace(end))
}

// short is the node on one line, if it fits there.
func (n *Node) short() (string, bool) {
	if !n.fits(prettyWidth) {
		return "", false
	}
	line := n.Literal()
	return line, utf8.RuneCountInString(line) <= prettyWidth
}

// fits rules out, without writing it, what is surely too long.
func (n *Node) fits(room int) bool { return n.take(room) >= 0 }

func (n *Node) take(room int) int {
	room -= len(n.Text)/utf8.UTFMax + 1
	for i := range n.Kids {
		if room < 0 {
			return room
		}
		room = n.Kids[i].take(room - len(n.Kids[i].Name)/utf8.UTFMax)
	}
	return room
}
