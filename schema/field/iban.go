package field

import (
	"strings"
)

// ibanLengths are the lengths of account numbers by country (SWIFT IBAN Registry, release 99).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
	"DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27,
	"GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
	"PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25,
	"SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// ibanType is the number of a bank account (ISO 13616): of the length its country has, its check digits verified (ISO 7064, MOD 97-10).
func ibanType() *Type {
	return define(Type{
		Name: "iban", Label: "IBAN", Group: GroupIdentifier, About: "The international number of a bank account.",
		Storage: "varchar(34)", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono,
	}, none{}, func(none) (Field, error) {
		f := textField(34)
		f.rule = func(s string) (string, error) {
			s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
			switch {
			case len(s) < 5 || ibanLengths[s[:2]] == 0:
				return "", bad("format", "must be an IBAN such as DE89 3704 0044 0532 0130 00")
			case len(s) != ibanLengths[s[:2]]:
				return "", bad("length", "must have %d signs in %s, and has %d", ibanLengths[s[:2]], s[:2], len(s))
			case !mod97(s[4:] + s[:4]):
				return "", bad("checksum", "has wrong check digits, or other signs that are wrong")
			}
			return s, nil
		}
		f.show = func(s string, _ *Locale) string { return grouped(s, 4) }
		return f, nil
	})
}

// mod97 says whether a number, in which letters stand for 10 to 35, leaves 1 when it is divided by 97.
func mod97(s string) bool {
	rest := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// grouped is a text with a space after every n signs.
func grouped(s string, n int) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%n == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// bicType is the code of a bank (ISO 9362), in upper case.
func bicType() *Type {
	return define(Type{
		Name: "bic", Label: "BIC", Group: GroupIdentifier, About: "The code of a bank, also called SWIFT code.",
		Storage: "varchar(11)", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Library: "go-playground/validator",
	}, none{}, func(none) (Field, error) {
		return formatted(11, "must be a BIC such as DEUTDEFF or DEUTDEFF500", func(s string) (string, bool) {
			s = strings.ToUpper(s)
			return s, (len(s) == 8 || len(s) == 11) && fits(s, "bic")
		}), nil
	})
}
