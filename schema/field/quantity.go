package field

import (
	"slices"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"tidemark/engine/protocol"
)

// QuantityOptions say which units may be.
type QuantityOptions struct {
	Dimension string   `json:"dimension" jsonschema:"title=Dimension,enum=any,enum=length,enum=mass,enum=volume,enum=area,enum=time,enum=temperature,enum=data,enum=speed,enum=energy,enum=power,enum=pressure"`
	Units     []string `json:"units" jsonschema:"title=Units,description=None: every unit of the dimension,maxItems=60"`
}

// unit is what a unit measures: its amount in the dimension's own unit is factor times it, plus offset.
type unit struct{ dimension, factor, offset string }

// unitTable are the units there are (BIPM, The International System of Units, 9th edition; NIST Special Publication 811 for others).
var unitTable = map[string]unit{
	"m": {"length", "1", ""}, "mm": {"length", "0.001", ""}, "cm": {"length", "0.01", ""}, "dm": {"length", "0.1", ""}, "km": {"length", "1000", ""},
	"in": {"length", "0.0254", ""}, "ft": {"length", "0.3048", ""}, "yd": {"length", "0.9144", ""}, "mi": {"length", "1609.344", ""}, "nmi": {"length", "1852", ""},
	"kg": {"mass", "1", ""}, "g": {"mass", "0.001", ""}, "mg": {"mass", "0.000001", ""}, "t": {"mass", "1000", ""}, "oz": {"mass", "0.028349523125", ""}, "lb": {"mass", "0.45359237", ""}, "st": {"mass", "6.35029318", ""},
	"l": {"volume", "1", ""}, "ml": {"volume", "0.001", ""}, "cl": {"volume", "0.01", ""}, "m³": {"volume", "1000", ""}, "cm³": {"volume", "0.001", ""}, "gal": {"volume", "3.785411784", ""}, "pt": {"volume", "0.473176473", ""}, "floz": {"volume", "0.0295735295625", ""},
	"m²": {"area", "1", ""}, "cm²": {"area", "0.0001", ""}, "km²": {"area", "1000000", ""}, "ha": {"area", "10000", ""}, "acre": {"area", "4046.8564224", ""}, "ft²": {"area", "0.09290304", ""},
	"s": {"time", "1", ""}, "ms": {"time", "0.001", ""}, "min": {"time", "60", ""}, "h": {"time", "3600", ""}, "d": {"time", "86400", ""}, "wk": {"time", "604800", ""},
	"K": {"temperature", "1", ""}, "°C": {"temperature", "1", "273.15"}, "°F": {"temperature", "0.55555555555555555555555556", "255.37222222222222222222222222"},
	"B": {"data", "1", ""}, "kB": {"data", "1000", ""}, "MB": {"data", "1000000", ""}, "GB": {"data", "1000000000", ""}, "TB": {"data", "1000000000000", ""}, "KiB": {"data", "1024", ""}, "MiB": {"data", "1048576", ""}, "GiB": {"data", "1073741824", ""}, "bit": {"data", "0.125", ""},
	"m/s": {"speed", "1", ""}, "km/h": {"speed", "0.27777777777777777777777778", ""}, "mph": {"speed", "0.44704", ""}, "kn": {"speed", "0.51444444444444444444444444", ""},
	"J": {"energy", "1", ""}, "kJ": {"energy", "1000", ""}, "Wh": {"energy", "3600", ""}, "kWh": {"energy", "3600000", ""}, "cal": {"energy", "4.184", ""}, "kcal": {"energy", "4184", ""},
	"W": {"power", "1", ""}, "kW": {"power", "1000", ""}, "MW": {"power", "1000000", ""}, "hp": {"power", "745.69987158227022", ""},
	"Pa": {"pressure", "1", ""}, "hPa": {"pressure", "100", ""}, "kPa": {"pressure", "1000", ""}, "bar": {"pressure", "100000", ""}, "psi": {"pressure", "6894.757293168", ""}, "mmHg": {"pressure", "133.322387415", ""},
}

// amounts count to 34 digits, as decimal128 of IEEE 754 does.
var amounts = apd.BaseContext.WithPrecision(34)

// Quantity is an amount of a unit.
type Quantity struct {
	Amount string `json:"amount"`
	Unit   string `json:"unit"`
}

// quantityType is an amount with its unit: {"amount":"12.5","unit":"kg"}. The two are never told apart.
func quantityType() *Type {
	return define(Type{
		Name: "quantity", Label: "Unit quantity", Group: GroupNumber, About: "An amount with its unit, such as 12.5 kg.",
		Storage: "decimal + varchar", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetQuantity, Cell: CellNumber, Library: "cockroachdb/apd",
	}, QuantityOptions{Dimension: "any", Units: []string{}}, func(o QuantityOptions) (Field, error) {
		for _, u := range o.Units {
			if unitTable[u].dimension == "" || o.Dimension != "any" && unitTable[u].dimension != o.Dimension {
				return nil, bad("unit", "has %q, which is no unit of it", u).in("/units")
			}
		}
		return &scalar[Quantity]{
			schema: Schema{"type": "object", "required": []string{"amount", "unit"}, "additionalProperties": false, "properties": Schema{
				"amount": Schema{"type": "string", "pattern": `^-?[0-9]+(\.[0-9]+)?$`}, "unit": Schema{"type": "string"},
			}},
			read: readQuantity, rule: func(q Quantity) (Quantity, error) { return q, o.allows(q) },
			write: func(q Quantity) []byte {
				out := append(protocol.AppendString([]byte(`{"amount":`), q.Amount), `,"unit":`...)
				return append(protocol.AppendString(out, q.Unit), '}')
			},
			parse:  func(text string, in *Locale) (Quantity, error) { return o.typed(text, in) },
			show:   func(q Quantity, in *Locale) string { return in.Number(q.Amount) + " " + q.Unit },
			edit:   func(q Quantity, in *Locale) string { return in.Number(q.Amount) + " " + q.Unit },
			export: func(q Quantity) string { return q.Amount + " " + q.Unit },
			key:    quantityKey,
		}, nil
	})
}

func readQuantity(value []byte) (Quantity, error) {
	amount, of, err := amountWith(value, "unit")
	if err == nil && len(amount) > bigDigits {
		err = bad("precision", "must have at most %d digits", bigDigits)
	}
	return Quantity{shortest(amount), trimmed(of)}, err
}

func (o QuantityOptions) allows(q Quantity) error {
	u, known := unitTable[q.Unit]
	if !known || o.Dimension != "any" && u.dimension != o.Dimension || len(o.Units) > 0 && !slices.Contains(o.Units, q.Unit) {
		return bad("unit", "must have a unit of it, and %q is none", oneLine(q.Unit, 20))
	}
	return nil
}

// typed reads an amount with a unit behind it; the only unit there is may be left out.
func (o QuantityOptions) typed(text string, in *Locale) (Quantity, error) {
	at := strings.LastIndexFunc(text, func(r rune) bool { return digit(r) >= 0 }) + 1
	literal, err := in.ParseNumber(text[:max(at, 0)])
	if name := trimmed(text[at:]); strings.HasPrefix(name, "²") || strings.HasPrefix(name, "³") {
		return Quantity{}, bad("unit", "must have a unit behind the amount")
	}
	if err != nil {
		return Quantity{}, err
	}
	name := trimmed(text[at:])
	if name == "" && len(o.Units) == 1 {
		name = o.Units[0]
	}
	if _, known := unitTable[name]; !known {
		for u := range unitTable {
			if strings.EqualFold(u, name) && o.allows(Quantity{Unit: u}) == nil {
				name = u
			}
		}
	}
	return Quantity{shortest(literal), name}, nil
}

// Convert gives an amount in another unit of its dimension, to 34 digits; false where there is no way.
func Convert(amount, from, to string) (string, bool) {
	a, b, n := unitTable[from], unitTable[to], numberOf(amount)
	if a.dimension == "" || a.dimension != b.dimension || n == nil {
		return "", false
	}
	base, out := inBase(n, a), new(apd.Decimal)
	if b.offset != "" {
		_, _ = amounts.Sub(base, base, numberOf(b.offset)) // finite numbers always subtract
	}
	if _, err := amounts.Quo(out, base, numberOf(b.factor)); err != nil {
		return "", false
	}
	_, _ = amounts.Round(out, out) // so do they round
	return shortest(out.Text('f')), true
}

func inBase(n *apd.Decimal, u unit) *apd.Decimal {
	out := new(apd.Decimal)
	_, _ = amounts.Mul(out, n, numberOf(u.factor)) // finite numbers of bounded size
	if u.offset != "" {
		_, _ = amounts.Add(out, out, numberOf(u.offset))
	}
	return out
}

func quantityKey(q Quantity) []byte {
	u := unitTable[q.Unit]
	n := numberOf(q.Amount)
	if n == nil || u.dimension == "" {
		return nil
	}
	return append(append([]byte(u.dimension), 0), keyDecimal(inBase(n, u).Text('f'))...)
}
