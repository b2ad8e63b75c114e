package field

import (
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// DecimalOptions bound an exact decimal number.
type DecimalOptions struct {
	Precision int    `json:"precision" jsonschema:"title=Digits,description=All of them,minimum=1,maximum=65"`
	Scale     int    `json:"scale" jsonschema:"title=Decimals,description=Digits after the point,minimum=0,maximum=30"`
	Min       string `json:"min,omitempty" jsonschema:"title=Least,pattern=^(-?[0-9]+(\\.[0-9]+)?)?$"`
	Max       string `json:"max,omitempty" jsonschema:"title=Most,pattern=^(-?[0-9]+(\\.[0-9]+)?)?$"`
}

// decimalType is an exact number, written as text with as many digits after the point as its scale says.
func decimalType() *Type {
	return define(Type{
		Name: "decimal", Label: "Decimal", Group: GroupNumber, About: "An exact number with a fixed count of decimals.",
		Storage: "decimal(p,s)", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetNumber, Cell: CellNumber, Library: "cockroachdb/apd",
	}, DecimalOptions{Precision: 18, Scale: 2}, decimalField)
}

func decimalField(o DecimalOptions) (Field, error) {
	if o.Scale > o.Precision {
		return nil, bad("range", "must not be above precision").in("/scale")
	}
	f, err := exactField(o.Min, o.Max)
	if err != nil {
		return nil, err
	}
	bounds := f.rule
	f.rule = func(literal string) (string, error) {
		literal, err := scaled(literal, o.Scale)
		if err != nil {
			return "", err
		}
		if n := digitCount(literal); n > o.Precision {
			return "", bad("precision", "must have at most %d digits, and has %d", o.Precision, n)
		}
		return bounds(literal)
	}
	return f, nil
}

// exactField is a field of exact numbers within bounds, each empty where there is none. Its values are texts of
// digits with an optional sign and point.
func exactField(least, most string) (*scalar[string], error) {
	low, high := numberOf(least), numberOf(most)
	if low != nil && high != nil && low.Cmp(high) > 0 {
		return nil, bad("minimum", "must not be above max").in("/min")
	}
	return &scalar[string]{
		schema: Schema{"type": "string", "pattern": `^-?[0-9]+(\.[0-9]+)?$`},
		read:   readExact, write: writeString,
		rule: func(literal string) (string, error) {
			if low == nil && high == nil {
				return literal, nil
			}
			n := numberOf(literal)
			switch {
			case low != nil && n.Cmp(low) < 0:
				return "", bad("range", "must be at least %s", least)
			case high != nil && n.Cmp(high) > 0:
				return "", bad("range", "must be at most %s", most)
			}
			return literal, nil
		},
		parse: func(text string, in *Locale) (string, error) { return in.ParseNumber(text) },
		show:  func(literal string, in *Locale) string { return in.Number(literal) },
		edit:  func(literal string, in *Locale) string { return in.Number(literal) },
		key:   keyDecimal,
	}, nil
}

const maxDigits = 200 // of a number that is read

// readExact is an exact number that was sent as text, or as a JSON number: digits, with an optional sign and point, without zeros in front.
func readExact(value []byte) (string, error) {
	literal := string(value)
	if len(value) > 0 && value[0] == '"' {
		var err error
		if literal, err = readString(value); err != nil {
			return "", err
		}
	} else if _, err := readNumber(value); err != nil {
		return "", bad("type", "must be a number, or text with one")
	}
	return exact(literal)
}

// exact is a number in plain digits: without exponent, plus and zeros in front; -0 is 0.
func exact(literal string) (string, error) {
	if plainNumber(literal) {
		return positiveZero(literal), nil
	}
	literal = strings.TrimSpace(literal)
	n, _, err := apd.NewFromString(literal)
	if err != nil || n.Form != apd.Finite || len(literal) > maxDigits || n.Exponent > maxDigits || n.Exponent < -maxDigits {
		return "", bad("number", "must be a number such as 12.50")
	}
	sign := ""
	if n.Negative && !n.IsZero() {
		sign = "-"
	}
	whole, fraction, broken := strings.Cut(strings.TrimPrefix(n.Text('f'), "-"), ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if broken {
		whole += "." + fraction
	}
	return sign + whole, nil
}

// plainNumber says whether a literal is in plain digits already, with nothing to take away.
func plainNumber(literal string) bool {
	digits := strings.TrimPrefix(literal, "-")
	whole, fraction, broken := strings.Cut(digits, ".")
	return len(literal) <= maxDigits && digitsOnly(whole) && (whole[0] != '0' || whole == "0") && (!broken || digitsOnly(fraction))
}

// digitCount is how many digits of a number count: all but zeros in front.
func digitCount(literal string) (n int) {
	for i := range len(literal) {
		if c := literal[i]; c >= '1' && c <= '9' || c == '0' && n > 0 {
			n++
		}
	}
	return n
}

// numberOf is a number of plain digits; nil of none.
func numberOf(literal string) *apd.Decimal {
	if literal == "" {
		return nil
	}
	n, _, err := apd.NewFromString(literal)
	if err != nil {
		return nil
	}
	return n
}

// scaled is a number with exactly so many digits after the point: zeros are added and taken away, and no other digit.
func scaled(literal string, scale int) (string, error) {
	whole, fraction, _ := strings.Cut(literal, ".")
	if fraction = strings.TrimRight(fraction, "0"); len(fraction) > scale {
		return "", bad("precision", "must have at most %d decimals, and has %d", scale, len(fraction))
	}
	if scale == 0 {
		return positiveZero(whole), nil
	}
	return positiveZero(whole + "." + fraction + strings.Repeat("0", scale-len(fraction))), nil
}

func positiveZero(literal string) string {
	if strings.Trim(literal, "-0.") == "" {
		return strings.TrimPrefix(literal, "-")
	}
	return literal
}

// shortest is a number without zeros at the end of its fraction.
func shortest(literal string) string {
	if strings.Contains(literal, ".") {
		literal = strings.TrimSuffix(strings.TrimRight(literal, "0"), ".")
	}
	return positiveZero(literal)
}
