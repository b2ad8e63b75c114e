package field

import (
	"slices"
	"strings"
	"unicode"

	"github.com/bojanz/currency"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// CurrencyOptions bound an amount of money.
type CurrencyOptions struct {
	Currencies []string `json:"currencies" jsonschema:"title=Currencies,description=ISO 4217 codes; none: every currency,maxItems=180"`
	Default    string   `json:"default" jsonschema:"title=Default currency,description=Of what is typed without one,pattern=^([A-Z]{3})?$"`
	Min        string   `json:"min,omitempty" jsonschema:"title=Least,pattern=^(-?[0-9]+(\\.[0-9]+)?)?$"`
	Max        string   `json:"max,omitempty" jsonschema:"title=Most,pattern=^(-?[0-9]+(\\.[0-9]+)?)?$"`
}

// Money is an amount with its currency: the value of a field of the type currency.
type Money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// currencyType is an amount of money: {"amount":"12.50","currency":"EUR"}, with as many decimals as the currency has. The two are never told apart.
func currencyType() *Type {
	return define(Type{
		Name: "currency", Label: "Currency (money)", Group: GroupNumber, About: "An amount of money with its currency.",
		Storage: "decimal + char(3)", Merge: MergeReview, Index: ByValue, Filters: opsOrdered, Widget: WidgetMoney, Cell: CellNumber, Library: "bojanz/currency",
	}, CurrencyOptions{Currencies: []string{}}, moneyField)
}

func moneyField(o CurrencyOptions) (Field, error) {
	for _, c := range append(slices.Clone(o.Currencies), o.Default) {
		if c != "" && !currency.IsValid(c) {
			return nil, bad("currency", "has %s, which is no currency", c).in("/currencies")
		}
	}
	bounds, err := exactField(o.Min, o.Max)
	if err != nil {
		return nil, err
	}
	return &scalar[Money]{
		schema: Schema{"type": "object", "required": []string{"amount", "currency"}, "additionalProperties": false, "properties": Schema{
			"amount": Schema{"type": "string", "pattern": `^-?[0-9]+(\.[0-9]+)?$`}, "currency": Schema{"type": "string", "pattern": "^[A-Z]{3}$"},
		}},
		read:   readMoney,
		rule:   func(m Money) (Money, error) { return money(m, o, bounds.rule) },
		write:  writeMoney,
		parse:  func(text string, in *Locale) (Money, error) { return typedMoney(text, o, in) },
		show:   shownMoney,
		edit:   func(m Money, in *Locale) string { return in.Number(m.Amount) + " " + m.Currency },
		export: func(m Money) string { return m.Amount + " " + m.Currency },
		key:    func(m Money) []byte { return append([]byte(m.Currency), keyDecimal(m.Amount)...) },
	}, nil
}

func readMoney(value []byte) (Money, error) {
	amount, code, err := amountWith(value, "currency")
	return Money{amount, strings.ToUpper(code)}, err
}

// amountWith reads an object of an amount and what it is of, under a name.
func amountWith(value []byte, name string) (amount, of string, err error) {
	members, isObject := crdt.Members(value)
	if !isObject || len(members) > 2 {
		return "", "", bad("type", "must be an object of amount and %s", name)
	}
	for _, m := range members {
		switch m.Name {
		case "amount":
			amount, err = readExact(m.Value)
		case name:
			of, err = readString(m.Value)
		default:
			err = bad("type", "must be an object of amount and %s", name)
		}
		if err != nil {
			return "", "", err
		}
	}
	if amount == "" {
		return "", "", bad("type", "must have an amount")
	}
	return amount, of, nil
}

func writeMoney(m Money) []byte {
	out := append(protocol.AppendString([]byte(`{"amount":`), m.Amount), `,"currency":`...)
	return append(protocol.AppendString(out, m.Currency), '}')
}

func money(m Money, o CurrencyOptions, bounds func(string) (string, error)) (Money, error) {
	digits, known := currency.GetDigits(m.Currency)
	switch {
	case !known:
		return m, bad("currency", "must have the code of a currency, such as EUR")
	case len(o.Currencies) > 0 && !slices.Contains(o.Currencies, m.Currency):
		return m, bad("option", "must be in %s", strings.Join(o.Currencies, ", "))
	}
	amount, err := scaled(m.Amount, int(digits))
	if err != nil {
		return m, err
	}
	if len(amount) > bigDigits {
		return m, bad("precision", "must have at most %d digits", bigDigits)
	}
	m.Amount, err = bounds(amount)
	return m, err
}

// typedMoney reads an amount with a code or a sign of a currency before or behind it.
func typedMoney(text string, o CurrencyOptions, in *Locale) (Money, error) {
	number := strings.TrimFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsSpace(r) || unicode.Is(unicode.Sc, r) })
	mark := trimmed(strings.Replace(text, number, "", 1))
	code := o.Default
	if code == "" && len(o.Currencies) == 1 {
		code = o.Currencies[0]
	}
	if mark != "" {
		code = currencyMeant(mark, o, in)
	}
	literal, err := in.ParseNumber(number)
	if err != nil {
		return Money{}, err
	}
	if code == "" {
		return Money{}, bad("currency", "must have a currency, such as 12 EUR")
	}
	return Money{literal, code}, nil
}

// currencyMeant is the code of a currency that somebody wrote by its code or its sign.
func currencyMeant(mark string, o CurrencyOptions, in *Locale) string {
	if up := strings.ToUpper(mark); currency.IsValid(up) {
		return up
	}
	of := currency.NewLocale(in.Tag.String())
	for _, code := range slices.Concat([]string{o.Default}, o.Currencies, []string{"EUR", "USD", "GBP", "JPY"}, currency.GetCurrencyCodes()) {
		if sign, ok := currency.GetSymbol(code, of); code != "" && ok && sign == mark {
			return code
		}
	}
	return mark
}

func shownMoney(m Money, in *Locale) string {
	amount, err := currency.NewAmount(m.Amount, m.Currency)
	if err != nil || in.plain {
		return m.Amount + " " + m.Currency
	}
	return currency.NewFormatter(currency.NewLocale(in.Tag.String())).Format(amount)
}

// rawValue is JSON as it was sent.
type rawValue []byte

// UnmarshalJSON keeps the JSON.
func (r *rawValue) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}
