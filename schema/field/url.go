package field

import (
	"net/url"
	"slices"
	"strings"
)

// URLOptions bound an address in the web.
type URLOptions struct {
	Schemes []string `json:"schemes" jsonschema:"title=Schemes,minItems=1,maxItems=10"`
}

const maxURL = 2048 // bytes

// urlType is an address in the web, without a name and password in it.
func urlType() *Type {
	return define(Type{
		Name: "url", Label: "URL", Group: GroupText, About: "An address in the web.",
		Storage: "text", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellLink, Lead: true, Library: "net/url",
	}, URLOptions{Schemes: []string{"https", "http"}}, func(o URLOptions) (Field, error) {
		f := textField(maxURL)
		f.schema["format"] = "uri"
		f.rule = func(s string) (string, error) { return address(trimmed(s), o.Schemes) }
		f.parse = func(text string, _ *Locale) (string, error) {
			if !strings.Contains(text, ":") && strings.Contains(text, ".") {
				return o.Schemes[0] + "://" + text, nil
			}
			return text, nil
		}
		return f, nil
	})
}

// address judges an address and writes its scheme and host in lower case.
func address(s string, schemes []string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxURL:
		return "", bad("length", "must have at most %d bytes", maxURL)
	case err != nil || u.Host == "" || strings.ContainsAny(s, " \t\r\n<>\"\\^`{}|"):
		return "", bad("format", "must be an address such as %s://example.com/page", schemes[0])
	case !slices.Contains(schemes, strings.ToLower(u.Scheme)):
		return "", bad("option", "must begin with %s://", strings.Join(schemes, ":// or "))
	case u.User != nil:
		return "", bad("secret", "must not have a name and password in it")
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if made := u.String(); len(made) <= maxURL {
		return made, nil
	}
	return "", bad("length", "must have at most %d bytes", maxURL)
}
