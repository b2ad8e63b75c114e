package field

import "strings"

// ISBNOptions say what may be.
type ISBNOptions struct {
	Kind string `json:"kind" jsonschema:"title=Kind,enum=any,enum=isbn,enum=issn"`
}

// isbnType is the number of a book, kept as ISBN-13, or of a periodical (ISSN).
func isbnType() *Type {
	return define(Type{
		Name: "isbn", Label: "ISBN / ISSN", Group: GroupIdentifier, About: "The number of a book or of a periodical.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "go-playground/validator",
	}, ISBNOptions{Kind: "any"}, func(o ISBNOptions) (Field, error) {
		f := formatted(13, "must be an ISBN or an ISSN with a right check digit", func(s string) (string, bool) {
			s = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "‐", "", "–", "").Replace(s))
			switch {
			case o.Kind != "issn" && len(s) == 13 && fits(s, "isbn13"):
				return s, true
			case o.Kind != "issn" && len(s) == 10 && fits(s, "isbn10"):
				return isbn13(s), true
			case o.Kind != "isbn" && len(s) == 8 && fits(s[:4]+"-"+s[4:], "issn"):
				return s, true
			}
			return "", false
		})
		f.show = func(s string, _ *Locale) string {
			if len(s) == 8 {
				return s[:4] + "-" + s[4:]
			}
			return s
		}
		return f, nil
	})
}

// isbn13 is an ISBN of ten signs in its longer form (ISO 2108).
func isbn13(s string) string {
	s = "978" + s[:9]
	for last := '0'; last < '9'; last++ {
		if checkGTIN(s + string(last)) {
			return s + string(last)
		}
	}
	return s + "9"
}
