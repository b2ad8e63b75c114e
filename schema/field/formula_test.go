package field

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

var formulaFields = map[string]Kind{"qty": KindNumber, "price": KindNumber, "name": KindText, "paid": KindBoolean, "due": KindDate, "at": KindDateTime, "tags": KindList, "none": KindNumber}

var formulaValues = map[string]string{"qty": `3`, "price": `{"amount":"0.10","currency":"EUR"}`, "name": `"Amy Pond"`, "paid": `true`, "due": `"2026-11-22"`, "at": `"2026-11-22T09:30:00Z"`, "tags": `["a","b"]`}

func formulaValue(name string) []byte {
	if v, has := formulaValues[name]; has {
		return []byte(v)
	}
	return nil
}

func TestFormulasGiveExactValues(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		expression string
		result     Kind
		want       string
	}{
		{"0.1 + 0.2", KindNumber, `0.3`},
		{"qty * price", KindNumber, `0.3`},
		{"qty * price == 0.3", KindBoolean, `true`},
		{"-qty + 10 / 4", KindNumber, `-0.5`},
		{"1 / 3", KindNumber, `0.3333333333333333333333333333333333`},
		{"round(10 / 3, 2)", KindNumber, `3.33`},
		{"round(2.5) + floor(2.9) + ceil(2.1) + abs(-1)", KindNumber, `9`},
		{"min(qty, 2) + max(qty, 5)", KindNumber, `7`},
		{"7 % 4", KindNumber, `3`},
		{"qty > 2 && !paid ? 'late' : 'fine'", KindText, `"fine"`},
		{"none + 1", KindNumber, `1`},
		{"isEmpty(none) && !isEmpty(qty)", KindBoolean, `true`},
		{"none", KindNumber, ``},
		{"concat(upper(name), ' ', qty, ' ', due)", KindText, `"AMY POND 3 2026-11-22"`},
		{"left(name, 3) + right(name, 4)", KindText, `"AmyPond"`},
		{"len(name) + len(tags)", KindNumber, `10`},
		{"has(tags, 'b') && name contains 'Pond'", KindBoolean, `true`},
		{"replace(name, 'Amy', 'Rory')", KindText, `"Rory Pond"`},
		{"addDays(due, 7)", KindDate, `"2026-11-29"`},
		{"diffDays(today(), due)", KindNumber, `9`},
		{"now()", KindDateTime, `"2026-12-01T10:00:00Z"`},
		{"year(due) * 100 + month(due)", KindNumber, `202611`},
		{"weekday(due)", KindNumber, `7`},
		{"due < date('2026-12-01')", KindBoolean, `true`},
		{"number('12.50') * 2", KindNumber, `25`},
		{"9007199254740993 + 0", KindNumber, `9007199254740993`},
	} {
		f, err := CompileFormula(c.expression, formulaFields, c.result)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		if got, err := f.Run(formulaValue, now); err != nil || string(got) != c.want {
			t.Errorf("%s gives %s (%v), not %s", c.expression, got, err, c.want)
		}
	}
}

func TestFormulasThatCanNotBeAreRefusedWhenTheyAreSaved(t *testing.T) {
	t.Parallel()
	for expression, says := range map[string]string{
		"quantity * 2":                   "line 1, column 1",
		"qty +":                          "mistake",
		"qty + name":                     "column 5",
		"name * 2":                       "mistake",
		"qty":                            "", // not a text
		"1..1000000":                     "",
		"map(tags, #)":                   "",
		"env('HOME')":                    "",
		"name; qty":                      "",
		"let a = 1":                      "",
		strings.Repeat("1+", 2000) + "1": "",
		strings.Repeat("(", 5000):        "",
	} {
		f, err := CompileFormula(expression, formulaFields, KindText)
		var p *Problem
		if err == nil || !errors.As(err, &p) || !strings.Contains(p.Message, says) {
			t.Errorf("%.60s: %v %v", expression, f, err)
		}
	}
}

// Whatever an expression says, it ends soon and takes little, and what goes wrong is told.
func TestHostileFormulasEnd(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"text(1 / (qty - 3))",
		"replace(replace(replace(replace(name, '', name), '', name), '', name), '', name)",
		"text(99999999999999999999.5 * 99999999999999999999.5 * 99999999999999999999.5)",
		"text(round(1, 1000))",
		"left(name, -1)",
		"text(addDays(due, 99999999999))",
		"name matches '(a+)+$' ? 'x' : 'y'",
		"text(date('tomorrow'))",
		strings.Repeat("concat(", 60) + "name" + strings.Repeat(", name)", 60),
	} {
		f, err := CompileFormula(expression, formulaFields, KindText)
		if err != nil {
			continue // it is refused before it runs
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err = f.Run(func(string) []byte { return []byte(`"` + strings.Repeat("a", 1000) + `"`) }, began)
		runtime.ReadMemStats(&after)
		var p *Problem
		if err != nil && !errors.As(err, &p) {
			t.Errorf("%.60s: %T %v", expression, err, err)
		}
		if took := time.Since(began); took > 500*time.Millisecond || after.TotalAlloc-before.TotalAlloc > 64<<20 {
			t.Errorf("%.60s takes %v and %d bytes", expression, took, after.TotalAlloc-before.TotalAlloc)
		}
	}
}

func TestComputedFieldsComeAfterWhatTheyNeed(t *testing.T) {
	t.Parallel()
	order, err := ComputeOrder(map[string][]string{"total": {"net", "tax"}, "tax": {"net"}, "net": {"qty", "price"}})
	if err != nil || strings.Join(order, " ") != "net tax total" {
		t.Errorf("%v %v", order, err)
	}
	if _, err := ComputeOrder(map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"a"}}); err == nil {
		t.Error("fields that need one another have an order")
	}
}

func TestAggregatesAreExact(t *testing.T) {
	t.Parallel()
	values := [][]byte{[]byte(`"0.10"`), nil, []byte(`{"amount":"0.20","currency":"EUR"}`), []byte(`3`)}
	for kind, want := range map[string]string{"count": `3`, "sum": `3.3`, "min": `"0.10"`, "max": `3`, "average": `1.1`, "first": `"0.10"`, "last": `3`, "list": `["0.10",{"amount":"0.20","currency":"EUR"},3]`, "any": `false`, "all": `false`} {
		if got := string(Aggregate(kind, values)); got != want {
			t.Errorf("%s is %s, not %s", kind, got, want)
		}
	}
	if got := Aggregate("sum", nil); got != nil {
		t.Errorf("the sum of nothing is %s", got)
	}
	if got := string(Aggregate("any", [][]byte{[]byte("false"), []byte("true")})); got != "true" {
		t.Error(got)
	}
}
