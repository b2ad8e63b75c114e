package field

import (
	"strings"

	"golang.org/x/net/idna"
)

// domainType is a domain name with at least two parts, kept in ASCII (IDNA 2008) and shown in Unicode.
func domainType() *Type {
	return define(Type{
		Name: "domain", Label: "Domain", Group: GroupText, About: "The name of a domain, such as example.com.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "x/net/idna, go-playground/validator",
	}, none{}, func(none) (Field, error) {
		f := textField(253)
		f.rule = func(s string) (string, error) {
			made, err := idna.Lookup.ToASCII(strings.TrimSuffix(trimmed(s), "."))
			if err != nil || !fits(made, "fqdn") {
				return "", bad("format", "must be a domain such as example.com")
			}
			return strings.ToLower(made), nil
		}
		f.show = func(s string, _ *Locale) string {
			if shown, err := idna.Display.ToUnicode(s); err == nil {
				return shown
			}
			return s
		}
		return f, nil
	})
}

// hostnameType is the name of a machine (RFC 1123), in lower case.
func hostnameType() *Type {
	return define(Type{
		Name: "hostname", Label: "Hostname", Group: GroupText, About: "The name of a machine, such as web-01 or db.local.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "go-playground/validator",
	}, none{}, func(none) (Field, error) {
		f := textField(253)
		f.rule = func(s string) (string, error) {
			if s = strings.ToLower(trimmed(s)); !fits(s, "hostname_rfc1123") {
				return "", bad("format", "must be the name of a machine: letters, digits, hyphens and points")
			}
			return s, nil
		}
		return f, nil
	})
}
