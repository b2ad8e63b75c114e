package field

import (
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"
	"github.com/expr-lang/expr"
)

// library is what expressions can do: operators on decimal numbers, and functions.
func library() []expr.Option {
	var out []expr.Option
	for name, f := range functions {
		out = append(out, expr.Function(name, f.call, f.types...))
	}
	for operator, name := range map[string]string{"+": "plus", "-": "minus", "*": "times", "/": "over", "%": "rest", "<": "less", "<=": "lessEqual", ">": "more", ">=": "moreEqual", "==": "equal", "!=": "unequal"} {
		out = append(out, expr.Operator(operator, name))
	}
	return out
}

// function is one of the library.
type function struct {
	call  func(args ...any) (any, error)
	types []any
}

var (
	errDivided  = errors.New("a number is divided by 0")
	errTooLarge = errors.New("a text gets longer than 65,536 bytes")
)

// calc makes a function of two numbers.
func calc(f func(out, a, b *apd.Decimal) (apd.Condition, error)) function {
	return function{func(args ...any) (any, error) {
		out := new(apd.Decimal)
		if c, err := f(out, args[0].(decimal).value(), args[1].(decimal).value()); err != nil {
			if c.DivisionByZero() || c.DivisionUndefined() || c.DivisionImpossible() {
				return nil, errDivided
			}
			return nil, err
		}
		return decimal{out}, nil
	}, []any{new(func(decimal, decimal) decimal)}}
}

func compare(holds func(c int) bool) function {
	return function{func(args ...any) (any, error) {
		return holds(args[0].(decimal).value().Cmp(args[1].(decimal).value())), nil
	}, []any{new(func(decimal, decimal) bool)}}
}

// text makes a function of one text.
func text(f func(string) string) function {
	return function{func(args ...any) (any, error) { return f(args[0].(string)), nil }, []any{new(func(string) string)}}
}

// number makes a function of one number.
func number1(f func(out, a *apd.Decimal) (apd.Condition, error)) function {
	return function{func(args ...any) (any, error) {
		out := new(apd.Decimal)
		_, err := f(out, args[0].(decimal).value())
		return decimal{out}, err
	}, []any{new(func(decimal) decimal)}}
}

// ofDate makes a function of a day that gives a number.
func ofDate(f func(time.Time) int) function {
	return function{func(args ...any) (any, error) {
		t := args[0].(time.Time)
		if t.IsZero() {
			return decimal{}, nil
		}
		return decimal{apd.New(int64(f(t)), 0)}, nil
	}, []any{new(func(time.Time) decimal)}}
}

// functions are all there are, by the names expressions call them by.
var functions = map[string]function{
	"plus": calc(amounts.Add), "minus": calc(amounts.Sub), "times": calc(amounts.Mul), "over": calc(amounts.Quo), "rest": calc(amounts.Rem),
	"less": compare(func(c int) bool { return c < 0 }), "lessEqual": compare(func(c int) bool { return c <= 0 }),
	"more": compare(func(c int) bool { return c > 0 }), "moreEqual": compare(func(c int) bool { return c >= 0 }),
	"equal": compare(func(c int) bool { return c == 0 }), "unequal": compare(func(c int) bool { return c != 0 }),
	"negative": number1(amounts.Neg), "abs": number1(amounts.Abs), "floor": number1(amounts.Floor), "ceil": number1(amounts.Ceil),
	"min": calc(func(out, a, b *apd.Decimal) (apd.Condition, error) {
		if out.Set(a); b.Cmp(a) < 0 {
			out.Set(b)
		}
		return 0, nil
	}),
	"max": calc(func(out, a, b *apd.Decimal) (apd.Condition, error) {
		if out.Set(a); b.Cmp(a) > 0 {
			out.Set(b)
		}
		return 0, nil
	}),
	"round": {func(args ...any) (any, error) {
		places := int32(0)
		if len(args) > 1 {
			n, err := args[1].(decimal).value().Int64()
			if err != nil || n < -30 || n > 30 {
				return nil, errors.New("a number can be rounded to -30 to 30 decimals")
			}
			places = int32(n)
		}
		out := new(apd.Decimal)
		_, err := amounts.Quantize(out, args[0].(decimal).value(), -places)
		return decimal{out}, err
	}, []any{new(func(decimal) decimal), new(func(decimal, decimal) decimal)}},

	"upper": text(strings.ToUpper), "lower": text(strings.ToLower), "trim": text(trimmed),
	"len": {func(args ...any) (any, error) {
		if list, is := args[0].([]any); is {
			return decimal{apd.New(int64(len(list)), 0)}, nil
		}
		return decimal{apd.New(int64(utf8.RuneCountInString(args[0].(string))), 0)}, nil
	}, []any{new(func(string) decimal), new(func([]any) decimal)}},
	"has": {func(args ...any) (any, error) {
		if list, is := args[0].([]any); is {
			for _, e := range list {
				if e == args[1] {
					return true, nil
				}
			}
			return false, nil
		}
		return strings.Contains(args[0].(string), args[1].(string)), nil
	}, []any{new(func(string, string) bool), new(func([]any, string) bool)}},
	"replace": {func(args ...any) (any, error) {
		s, old := args[0].(string), args[1].(string)
		if n := strings.Count(s, old); len(s)+n*len(args[2].(string)) > longBytes {
			return nil, errTooLarge
		}
		return strings.ReplaceAll(s, old, args[2].(string)), nil
	}, []any{new(func(string, string, string) string)}},
	"left":  part(func(signs []rune, n int) []rune { return signs[:n] }),
	"right": part(func(signs []rune, n int) []rune { return signs[len(signs)-n:] }),
	"concat": {func(args ...any) (any, error) {
		var b strings.Builder
		for _, a := range args {
			s := asText(a)
			if b.Len()+len(s) > longBytes {
				return nil, errTooLarge
			}
			b.WriteString(s)
		}
		return b.String(), nil
	}, []any{new(func(...any) string)}},
	"text": {func(args ...any) (any, error) { return asText(args[0]), nil }, []any{new(func(any) string)}},
	"number": {func(args ...any) (any, error) {
		literal, err := exact(args[0].(string))
		if err != nil {
			return decimal{}, nil
		}
		return decimal{numberOf(literal)}, nil
	}, []any{new(func(string) decimal)}},
	"isEmpty": {func(args ...any) (any, error) { return empty(args[0]), nil }, []any{new(func(any) bool)}},

	"date": {func(args ...any) (any, error) {
		t, err := time.Parse(time.DateOnly, args[0].(string))
		if err != nil {
			return nil, errors.New("a date is written as 2026-11-22")
		}
		return t, nil
	}, []any{new(func(string) time.Time)}},
	"addDays": {func(args ...any) (any, error) {
		t := args[0].(time.Time)
		days, err := args[1].(decimal).value().Float64()
		if t.IsZero() || err != nil || math.Abs(days) > 4e6 {
			return time.Time{}, err
		}
		return t.Add(time.Duration(days * 24 * float64(time.Hour))), nil
	}, []any{new(func(time.Time, decimal) time.Time)}},
	"diffDays": {func(args ...any) (any, error) {
		a, b := args[0].(time.Time), args[1].(time.Time)
		if a.IsZero() || b.IsZero() {
			return decimal{}, nil
		}
		out := new(apd.Decimal)
		_, err := amounts.Quo(out, apd.New(a.UnixMilli()-b.UnixMilli(), 0), apd.New(86_400_000, 0))
		return decimal{out}, err
	}, []any{new(func(time.Time, time.Time) decimal)}},
	"year": ofDate(time.Time.Year), "day": ofDate(time.Time.Day), "month": ofDate(func(t time.Time) int { return int(t.Month()) }),
	"weekday": ofDate(func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }),
}

func part(cut func(signs []rune, n int) []rune) function {
	return function{func(args ...any) (any, error) {
		signs := []rune(args[0].(string))
		n, err := args[1].(decimal).value().Int64()
		if err != nil || n < 0 {
			return nil, errors.New("a part of a text has a whole number of signs")
		}
		return string(cut(signs, int(min(n, int64(len(signs)))))), nil
	}, []any{new(func(string, decimal) string)}}
}

func asText(a any) string {
	switch v := a.(type) {
	case string:
		return v
	case decimal:
		if v.n == nil {
			return ""
		}
		return shortest(v.n.Text('f'))
	case bool:
		return string(boolText(v))
	case time.Time:
		switch {
		case v.IsZero():
			return ""
		case v.Equal(dayOf(v)):
			return v.Format(time.DateOnly)
		}
		return instantText(v)
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, asText(e))
		}
		return joined(out)
	}
	return ""
}

func empty(a any) bool {
	switch v := a.(type) {
	case string:
		return v == ""
	case decimal:
		return v.n == nil
	case time.Time:
		return v.IsZero()
	case []any:
		return len(v) == 0
	}
	return a == nil
}
