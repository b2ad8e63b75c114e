package field

import (
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countryType is a country by its code of two letters (ISO 3166-1), shown by its name in the reader's language.
func countryType() *Type {
	return define(Type{
		Name: "country", Label: "Country", Group: GroupIdentifier, About: "A country, shown by its name in the reader's language.",
		Storage: "char(2)", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLine, Cell: CellText, Lead: true, Library: "go-playground/validator, x/text",
	}, none{}, func(none) (Field, error) {
		f := textField(2)
		f.rule = func(s string) (string, error) {
			if s = strings.ToUpper(trimmed(s)); !fits(s, "iso3166_1_alpha2") {
				return "", bad("country", "must be the code of a country such as DE")
			}
			return s, nil
		}
		f.parse = func(text string, in *Locale) (string, error) { return countryMeant(text, in), nil }
		f.show = countryName
		return f, nil
	})
}

// countryName is what a country is called in the language of a locale.
func countryName(code string, in *Locale) string {
	region, err := language.ParseRegion(code)
	if err != nil || in.plain {
		return code
	}
	if name := display.Regions(in.Tag).Name(region); name != "" {
		return name
	}
	return code
}

// countryMeant is the code of a country that somebody wrote by its code, or by its name in the language of a locale or in English.
func countryMeant(text string, in *Locale) string {
	if len(text) == 2 {
		return text
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if !fits(code, "iso3166_1_alpha2") {
				continue
			}
			region, err := language.ParseRegion(code)
			if err == nil && (strings.EqualFold(countryName(code, in), text) || strings.EqualFold(display.English.Regions().Name(region), text)) {
				return code
			}
		}
	}
	return text
}

// languageType is a language, with a script or a region where that matters (BCP 47), shown by its name.
func languageType() *Type {
	return define(Type{
		Name: "language", Label: "Language", Group: GroupIdentifier, About: "A language or a locale, such as de or pt-BR.",
		Storage: "varchar(35)", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLine, Cell: CellText, Lead: true, Library: "x/text/language",
	}, none{}, func(none) (Field, error) {
		f := textField(35)
		f.rule = func(s string) (string, error) {
			tag, err := language.Parse(trimmed(s))
			if err != nil || tag == language.Und || len(tag.String()) > 35 {
				return "", bad("language", "must be the tag of a language such as de or pt-BR")
			}
			return tag.String(), nil
		}
		f.show = func(s string, in *Locale) string {
			tag, err := language.Parse(s)
			if err != nil || in.plain {
				return s
			}
			if name := display.Tags(in.Tag).Name(tag); name != "" {
				return name
			}
			return s
		}
		return f, nil
	})
}
