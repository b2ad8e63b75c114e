package field

import (
	"strings"
	"unicode/utf8"

	"tidemark/engine/crdt"
)

// addressParts are the parts of an address and how long each may be, in characters.
var addressParts = map[string]int{"street": 200, "street2": 200, "city": 100, "region": 100, "postcode": 20, "country": 2}

// postcodeFirst are countries that write the postcode before the city.
const postcodeFirst = " AT BE BG CH CZ DE DK EE ES FI FR GR HR HU IS IT LI LT LU MC NL NO PL PT RO RS SE SI SK TR UA VA "

// addressType is a postal address: {"street","street2","city","region","postcode","country"}, each of them a text that may be missing.
func addressType() *Type {
	return define(Type{
		Name: "address", Label: "Postal address", Group: GroupPlace, About: "A postal address, part by part.",
		Storage: "json", Merge: MergeMap, Index: ByValue, Filters: opsPresent, Widget: WidgetAddress, Cell: CellText, Library: "go-playground/validator",
	}, none{}, func(none) (Field, error) {
		return &rawField{
			schema: Schema{"type": "object", "additionalProperties": Schema{"type": "string"}},
			check:  checkAddress,
			show:   func(value []byte, in *Locale) string { return shownAddress(value, in) },
			key: func(value []byte) []byte {
				of := textsOf(value)
				return []byte(of["country"] + " " + of["postcode"] + " " + strings.ToLower(of["city"]) + " ")
			},
		}, nil
	})
}

func checkAddress(value []byte) ([]byte, error) {
	members, isObject := crdt.Members(value)
	if !isObject {
		return nil, bad("type", "must be an object with street, city, postcode and country")
	}
	of := map[string]string{}
	for _, m := range members {
		most, known := addressParts[m.Name]
		if !known {
			return nil, bad("unknown", "is no part of an address").in("/" + m.Name)
		}
		s, err := readString(m.Value)
		if err != nil {
			return nil, bad("type", "must be a text").in("/" + m.Name)
		}
		if s = oneLine(trimmed(s), 1<<20); utf8.RuneCountInString(s) > most {
			return nil, bad("length", "must have at most %d characters", most).in("/" + m.Name)
		}
		if s != "" {
			of[m.Name] = s
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	if country := strings.ToUpper(of["country"]); country != "" {
		if !fits(country, "iso3166_1_alpha2") {
			return nil, bad("country", "must be the code of a country such as DE").in("/country")
		}
		of["country"] = country
		if code := strings.ToUpper(of["postcode"]); code != "" {
			if of["postcode"] = code; !postcodeFits(code, country) {
				return nil, bad("format", "must be a postcode of %s", country).in("/postcode")
			}
		}
	}
	return texted(of), nil
}

// postcodeFits says whether a postcode may be one of a country; of countries whose codes the library does not know any may.
func postcodeFits(code, country string) bool {
	return fits(code, "postcode_iso3166_alpha2="+country) || !knownPostcodes(country)
}

// knownPostcodes says whether the library knows the postcodes of a country: then it takes at least one of these.
func knownPostcodes(country string) bool {
	for _, probe := range []string{"1234", "12345", "123456", "1234567", "123", "AB1 2CD", "A1A 1A1", "1234 AB", "123 45", "12-345", "1234-567", "AD100", "LV-1234", "LT-12345", "BB12345", "MSR 1110", "GX11 1AA", "AI-2640", "SW1A 1AA", "123-4567", "12345-678", "A12 B3CD", "0000 0AA", "C1234ABC"} {
		if fits(probe, "postcode_iso3166_alpha2="+country) {
			return true
		}
	}
	return false
}

// textsOf are the members of an object of texts.
func textsOf(value []byte) map[string]string {
	out := map[string]string{}
	members, _ := crdt.Members(value)
	for _, m := range members {
		out[m.Name] = plainText(m.Value)
	}
	return out
}

// shownAddress is an address on one line, its city and postcode in the order of its country.
func shownAddress(value []byte, in *Locale) string {
	of := textsOf(value)
	city := strings.TrimSpace(of["city"] + " " + of["postcode"])
	if strings.Contains(postcodeFirst, " "+of["country"]+" ") {
		city = strings.TrimSpace(of["postcode"] + " " + of["city"])
	}
	var out []string
	for _, part := range []string{of["street"], of["street2"], city, of["region"], countryShown(of["country"], in)} {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, ", ")
}

func countryShown(code string, in *Locale) string {
	if code == "" {
		return ""
	}
	return countryName(code, in)
}
