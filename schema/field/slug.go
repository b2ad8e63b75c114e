package field

import (
	"regexp"

	"github.com/gosimple/slug"
)

// SlugOptions bound a slug.
type SlugOptions struct {
	Max int `json:"max" jsonschema:"title=Longest,description=In characters,minimum=1,maximum=200"`
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// slugType is a name for addresses: lower-case letters and digits with single hyphens between.
func slugType() *Type {
	return define(Type{
		Name: "slug", Label: "Slug", Group: GroupText, About: "A name for addresses: lower-case letters, digits and single hyphens.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "gosimple/slug",
	}, SlugOptions{Max: 80}, func(o SlugOptions) (Field, error) {
		f := textField(o.Max)
		f.rule = func(s string) (string, error) {
			if !slugForm.MatchString(s) {
				return "", bad("format", "must be lower-case letters and digits with single hyphens between")
			}
			return s, between(len(s), 1, o.Max)
		}
		f.parse = func(text string, _ *Locale) (string, error) {
			made := slug.Make(text)
			if made == "" {
				return "", bad("format", "has no letter or digit to make a slug of")
			}
			return made, nil
		}
		return f, nil
	})
}
