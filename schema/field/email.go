package field

import (
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
)

// judge is the library's; it is safe for concurrent use.
var judge = sync.OnceValue(func() *validator.Validate { return validator.New() })

// fits says whether a text passes one of the library's checks.
func fits(s, tag string) bool { return judge().Var(s, tag) == nil }

// emailType is an e-mail address; the part behind the @ is in lower case.
func emailType() *Type {
	return define(Type{
		Name: "email", Label: "E-mail", Group: GroupText, About: "An e-mail address.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellLink, Lead: true, Library: "go-playground/validator",
	}, none{}, func(none) (Field, error) {
		f := textField(254)
		f.schema["format"] = "email"
		f.rule = func(s string) (string, error) {
			s = trimmed(s)
			if len(s) > 254 || !fits(s, "email") {
				return "", bad("format", "must be an e-mail address such as amy@example.com")
			}
			at := strings.LastIndexByte(s, '@')
			return s[:at] + strings.ToLower(s[at:]), nil
		}
		return f, nil
	})
}
