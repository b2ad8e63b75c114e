package field

import (
	"github.com/nyaruka/phonenumbers"
)

// PhoneOptions say what numbers without a country mean.
type PhoneOptions struct {
	Region string `json:"region" jsonschema:"title=Country,description=Of numbers that are written without one; ISO 3166-1 alpha-2,pattern=^([A-Z]{2})?$"`
}

// phoneType is a telephone number, kept as E.164 has it.
func phoneType() *Type {
	return define(Type{
		Name: "phone", Label: "Phone", Group: GroupText, About: "A telephone number, in the form of any country.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellLink, Lead: true, Library: "nyaruka/phonenumbers",
	}, PhoneOptions{}, func(o PhoneOptions) (Field, error) {
		if o.Region != "" && phonenumbers.GetCountryCodeForRegion(o.Region) == 0 {
			return nil, bad("country", "is no country with telephone numbers").in("/region")
		}
		f := textField(20)
		f.rule = func(s string) (string, error) {
			n, err := phonenumbers.Parse(s, o.Region)
			if err != nil || !phonenumbers.IsValidNumber(n) {
				return "", bad("format", "must be a telephone number such as +44 20 7946 0018")
			}
			return phonenumbers.Format(n, phonenumbers.E164), nil
		}
		f.show = func(s string, in *Locale) string { return shownPhone(s, in) }
		return f, nil
	})
}

// shownPhone is a number as people write it: without the country where it is their own.
func shownPhone(s string, in *Locale) string {
	n, err := phonenumbers.Parse(s, "")
	if err != nil {
		return s
	}
	if region, sure := in.Tag.Region(); sure > 0 && region.String() == phonenumbers.GetRegionCodeForNumber(n) {
		return phonenumbers.Format(n, phonenumbers.NATIONAL)
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}
