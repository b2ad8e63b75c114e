package field

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MarkupOptions bound a text in a language of documents.
type MarkupOptions struct {
	MaxBytes int `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

const markupDepth = 64 // how deep a document may nest

// yamlType is a document in YAML 1.2, kept as it is written; aliases are not allowed, so that nothing in it multiplies.
func yamlType() *Type {
	return define(Type{
		Name: "yaml", Label: "YAML", Group: GroupStructure, About: "A document in YAML, kept as it is written.",
		Storage: "text", Merge: MergeRegister, Index: NoIndex, Filters: opsLong, Widget: WidgetCode, Cell: CellMono, Library: "goccy/go-yaml",
	}, MarkupOptions{MaxBytes: longBytes}, func(o MarkupOptions) (Field, error) {
		f := linesField(o.MaxBytes)
		f.rule = func(s string) (string, error) {
			s, err := lines(s, o.MaxBytes)
			if err == nil {
				err = checkYAML(s)
			}
			return s, err
		}
		return f, nil
	})
}

func checkYAML(s string) (err error) {
	if nested := strings.Count(s, "[") + strings.Count(s, "{"); nested > 10_000 {
		return bad("depth", "must not nest deeper than %d", markupDepth)
	}
	defer func() {
		if recover() != nil { // of the library, on a text it did not foresee
			err = bad("format", "must be YAML")
		}
	}()
	doc, err := parser.ParseBytes([]byte(s), 0)
	if err != nil {
		return bad("format", "must be YAML: %s", oneLine(err.Error(), 160))
	}
	if len(doc.Docs) != 1 {
		return bad("count", "must be one document, and is %d", len(doc.Docs))
	}
	v := &yamlWalk{}
	ast.Walk(v, doc.Docs[0])
	return v.err
}

// yamlWalk looks for what may not be in a document.
type yamlWalk struct{ err error }

// Visit looks at a node.
func (v *yamlWalk) Visit(n ast.Node) ast.Visitor {
	if n.Type() == ast.AliasType {
		v.err = bad("format", "must have no aliases")
	}
	if path := n.GetPath(); strings.Count(path, ".")+strings.Count(path, "[") > markupDepth {
		v.err = bad("depth", "must not nest deeper than %d", markupDepth)
	}
	if v.err != nil {
		return nil
	}
	return v
}

// xmlType is a well-formed document in XML 1.0 with one root, without a document type.
func xmlType() *Type {
	return define(Type{
		Name: "xml", Label: "XML", Group: GroupStructure, About: "A well-formed document in XML, kept as it is written.",
		Storage: "text", Merge: MergeRegister, Index: NoIndex, Filters: opsLong, Widget: WidgetCode, Cell: CellMono, Library: "encoding/xml",
	}, MarkupOptions{MaxBytes: longBytes}, func(o MarkupOptions) (Field, error) {
		f := linesField(o.MaxBytes)
		f.rule = func(s string) (string, error) {
			s, err := lines(s, o.MaxBytes)
			if err == nil {
				err = checkXML(s)
			}
			return s, err
		}
		return f, nil
	})
}

func checkXML(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("another character set") }
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return bad("format", "must be well-formed XML: %s", oneLine(err.Error(), 160))
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return bad("format", "must have no document type")
		case xml.CharData:
			if depth == 0 && strings.TrimSpace(strings.TrimPrefix(string(t), "\ufeff")) != "" {
				return bad("format", "must have no text outside of its root")
			}
		}
		if depth > markupDepth {
			return bad("depth", "must not nest deeper than %d", markupDepth)
		}
	}
	if roots != 1 {
		return bad("count", "must have one root, and has %d", roots)
	}
	return nil
}
