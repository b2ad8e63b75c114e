package field

import (
	"regexp"
	"unicode"

	"github.com/rivo/uniseg"
)

var iconName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// iconType is one sign, such as an emoji, or the name of an icon.
func iconType() *Type {
	return define(Type{
		Name: "icon", Label: "Icon / emoji", Group: GroupIdentifier, About: "One emoji or sign, or the name of an icon.",
		Storage: "varchar(64)", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLine, Cell: CellGlyph, Library: "rivo/uniseg",
	}, none{}, func(none) (Field, error) {
		return formatted(64, "must be one emoji or sign, or a name of small letters, digits and hyphens", func(s string) (string, bool) {
			return s, iconName.MatchString(s) || len(s) <= 64 && uniseg.GraphemeClusterCount(s) == 1 && printable(s)
		}), nil
	})
}

func printable(s string) bool {
	for i, r := range s {
		if i == 0 && !unicode.IsGraphic(r) || unicode.IsControl(r) || unicode.IsSpace(r) {
			return false
		}
	}
	return true
}
