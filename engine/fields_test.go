package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// ruled is a caller whose role hides parts of all values; a pointer after = is shown and not to be changed.
func ruled(c models.Caller, pointers ...string) models.Caller {
	c.Fields = []models.FieldRule{}
	for _, p := range pointers {
		pointer, kept := strings.CutPrefix(p, "=")
		c.Fields = append(c.Fields, models.FieldRule{Collection: models.Storage, Key: "*", Pointer: pointer, Hidden: !kept})
	}
	return c
}

func (h *harness) refusedFields(err error, want ...string) {
	h.Helper()
	h.is(err, fault.ScopeMissing)
	if d := cmp.Diff(any(want), fault.From(err).Details["fields"]); d != "" {
		h.Fatal(d)
	}
}

// scenario 5 of the security list: what a role hides no read tells, and no write changes.
func TestFieldRulesOnWrites(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		all := h.user("u")
		some := ruled(all, "/secret", "/lines/*/price", "=/fixed")
		stands := `{"fixed":1,"lines":[{"n":1,"price":10},{"n":2,"price":20}],"name":"a","secret":{"k":"SECRET"}}`
		for name, c := range map[string]struct {
			op      protocol.Op
			stands  string   // then; empty: as before
			refused []string // pointers
		}{
			"a whole value keeps what is hidden":     {op: set("k", `{"fixed":1,"lines":[{"n":3},{"n":2},{"n":9}],"name":"b"}`), stands: `{"fixed":1,"lines":[{"n":3,"price":10},{"n":2,"price":20},{"n":9}],"name":"b","secret":{"k":"SECRET"}}`},
			"what holds something hidden comes back": {op: set("k", `{"fixed":1,"lines":[{"n":3},{}]}`), stands: `{"fixed":1,"lines":[{"n":3,"price":10},{"price":20}],"secret":{"k":"SECRET"}}`},
			"a whole value with a hidden part":       {op: set("k", `{"fixed":1,"lines":[{},{}],"secret":{"k":"SECRET"}}`), refused: []string{"/secret"}},
			"a list that has no room for the hidden": {op: set("k", `{"fixed":1,"lines":[{"n":1}]}`), refused: []string{"/lines/*/price"}},
			"a list that is left out":                {op: set("k", `{"fixed":1}`), refused: []string{"/lines/*/price"}},
			"something else in place of all":         {op: set("k", `5`), refused: []string{"/lines/*/price", "/secret"}},
			"what is to stay is changed":             {op: set("k", `{"fixed":2,"lines":[{},{}]}`), refused: []string{"/fixed"}},
			"what is to stay is left out":            {op: set("k", `{"lines":[{},{}]}`), refused: []string{"/fixed"}},
			"a patch beside":                         {op: patch("k", `{"name":"c"}`), stands: `{"fixed":1,"lines":[{"n":1,"price":10},{"n":2,"price":20}],"name":"c","secret":{"k":"SECRET"}}`},
			"a patch of what is hidden":              {op: patch("k", `{"secret":null}`), refused: []string{"/secret"}},
			"a patch with what is hidden as it is":   {op: patch("k", `{"secret":{"k":"SECRET"}}`), refused: []string{"/secret"}},
			"a patch of an ancestor":                 {op: patch("k", `{"lines":null}`), refused: []string{"/lines/*/price"}},
			"a patch of what is to stay":             {op: patch("k", `{"fixed":null}`), refused: []string{"/fixed"}},
			"counting what is hidden":                {op: protocol.Op{Kind: protocol.Increment, Collection: models.Storage, Key: "k", Path: []string{"lines", "0", "price"}, Value: []byte("1")}, refused: []string{"/lines/*/price"}},
			"guessing an element":                    {op: protocol.Op{Kind: protocol.RemoveFromSet, Collection: models.Storage, Key: "k", Path: []string{"lines"}, Value: []byte(`[{"n":1,"price":10}]`)}, refused: []string{"/lines/*/price"}},
			"a removal":                              {op: remove("k"), refused: []string{"/fixed", "/lines/*/price", "/secret"}},
			"an end":                                 {op: lasting(1, patch("k", `{}`)), refused: []string{"/fixed", "/lines/*/price", "/secret"}},
		} {
			h.put(n, all, set("k", stands))
			r := h.try(n, some, c.op)
			want := c.stands
			if want == "" {
				want = stands
				if fault.CodeOf(r.Err) != fault.ScopeMissing {
					h.Errorf("%s: %+v", name, r)
					continue
				}
				if d := cmp.Diff(any(c.refused), fault.From(r.Err).Details["fields"]); d != "" {
					h.Errorf("%s: %s", name, d)
				}
			} else if r.Err != nil {
				h.Errorf("%s: %v", name, r.Err)
			}
			if d := cmp.Diff(want, string(h.get(n, all, "k").Value)); d != "" {
				h.Errorf("%s: %s", name, d)
			}
		}
		h.refusedFields(h.try(n, some, remove("never")).Err, "/fixed", "/lines/*/price", "/secret")
		h.refusedFields(h.try(n, some, set("new", `{"fixed":1}`)).Err, "/fixed")
		_, err := n.Clear(h.Context(), some, "")
		h.refusedFields(err, "/fixed", "/lines/*/price", "/secret")
		h.put(n, some, set("new", `{"name":1}`))
	})
}

// scenario 5 of the security list: rules that change while a connection is open take what they hide from the client.
func TestRulesThatChangeAreTold(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		narrow := ruled(phone, "/secret")
		s, w := h.live(n, phone)
		_, other := h.live(n, ruled(h.device("u", "desk"), "/secret"))
		full := `{"name":"a","secret":"SECRET"}`
		h.put(n, h.user("u"), set("a", full))
		h.put(n, h.user("u"), set("b", full))
		w.until(h, "all of it", func() bool { return w.replica()["b"] == full })
		page, err := n.Pull(h.Context(), phone, engine.PullQuery{})
		h.ok(err)
		s.Rescope(narrow)
		masked := `{"name":"a"}`
		w.until(h, "what is shown now", func() bool { return w.replica()["a"] == masked && w.replica()["b"] == masked })
		h.put(n, h.user("u"), set("c", full))
		w.until(h, "live events without it", func() bool { return w.replica()["c"] == masked })
		_, err = n.Pull(h.Context(), narrow, engine.PullQuery{Since: page.Cursor})
		h.gone(err, "scope")
		s.Rescope(phone)
		w.until(h, "all of it again", func() bool { return w.replica()["a"] == full && w.replica()["c"] == full })
		other.until(h, "the same for others", func() bool { return other.replica()["c"] == masked })
		for _, f := range other.heard() {
			if strings.Contains(string(f.Data), "SECRET") {
				h.Errorf("%s tells %s", f.Event, f.Data)
			}
		}
	})
}

func TestNoRulesCostNothing(t *testing.T) {
	c, item, row := callerOf(models.Tenant{}, "u", "d"), models.Item{Value: []byte(`{}`)}, models.Change{Value: []byte(`{}`)}
	if n := testing.AllocsPerRun(100, func() { engine.Unruled(&c, &item, &row) }); n != 0 {
		t.Errorf("who has no rules pays for them with %v allocations", n)
	}
}

// scenario 5 of the security list, as a property: whatever is written by whom, who does not see a part of values is told
// nothing of it on any way, and changes nothing of it.
func TestHiddenPartsStayHiddenAndAsTheyAre(t *testing.T) {
	t.Parallel()
	h := onSQLite(t)
	n, round := h.node(), 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		p := privacy{h: h, n: n, T: rt, key: "k", rules: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"/s", "/o/s", "/o", "/l/*/s", "/l/*", "/l", "/*/s", "",
		}), 1, 3, rapid.ID[string]).Draw(rt, "rules")}
		p.all = h.device(fmt.Sprint("u", round), "all")
		p.all.Strategy = rapid.SampledFrom([]models.Strategy{"", models.StrategyLWW, models.StrategyFWW, models.StrategyMerge}).Draw(rt, "strategy")
		p.some = ruled(h.device(p.all.UserID, "some"), p.rules...)
		p.some.Strategy = p.all.Strategy
		s, w := h.live(n, p.some)
		defer s.Close()
		for range rapid.IntRange(2, 7).Draw(rt, "steps") {
			p.step()
		}
		p.tells(w.heard())
	})
}

// privacy is one key that somebody writes who sees all of it, and somebody who does not.
type privacy struct {
	*rapid.T
	h         *harness
	n         *node
	key       string
	rules     []string
	all, some models.Caller
	secrets   int
	version   int64
}

func (p *privacy) step() {
	op := p.op()
	if rapid.IntRange(0, 2).Draw(p.T, "who") == 0 {
		if op.Kind == protocol.Set {
			op.Value = canon(p.spiked(value(op.Value), nil))
		}
		p.write(p.all, op)
	} else {
		before := p.found()
		if r := p.write(p.some, op); r != nil {
			p.tells(r)
		}
		if d := cmp.Diff(before, p.found()); d != "" {
			p.Fatalf("%s %s %s by who does not see it changes\n%s", op.Kind, protocol.Pointer(op.Path), op.Value, d)
		}
	}
	p.look()
	p.decide()
}

func (p *privacy) write(c models.Caller, op protocol.Op) any {
	r, err := p.n.Write(context.Background(), c, []protocol.Op{op})
	if err != nil {
		p.Fatal(err)
	}
	if r[0].Version > 0 {
		p.version = r[0].Version
	}
	out := []any{string(r[0].Value)}
	if r[0].Err != nil {
		out = append(out, fault.From(r[0].Err).Error(), string(protocol.AppendError(nil, fault.From(r[0].Err), "")))
	}
	return out
}

// decide has who does not see all of them settle conflicts, or open them again.
func (p *privacy) decide() {
	if rapid.IntRange(0, 2).Draw(p.T, "decide") > 0 {
		return
	}
	page, _, err := p.n.Conflicts(context.Background(), p.some, engine.ConflictQuery{Collection: models.Storage, Key: p.key})
	if err != nil || len(page) == 0 {
		return
	}
	before := p.found()
	var out engine.Settled
	if page[0].Status == models.ConflictResolved {
		out, err = p.n.Reopen(context.Background(), p.some, page[0].ID)
	} else {
		r := engine.Resolution{Strategy: rapid.SampledFrom([]models.Strategy{models.StrategyLWW, models.StrategyFWW, models.StrategyMerge, models.StrategyManual}).Draw(p.T, "by")}
		if r.Strategy == models.StrategyManual {
			r.Value = canon(p.drawn("resolved"))
		}
		out, err = p.n.Resolve(context.Background(), p.some, page[0].ID, r)
	}
	p.tells([]any{string(protocol.AppendKept(nil, &out.Conflict)), fmt.Sprint(err)})
	if d := cmp.Diff(before, p.found()); d != "" {
		p.Fatalf("deciding changes\n%s", d)
	}
}

// look reads the item in all ways that there are.
func (p *privacy) look() {
	ctx := context.Background()
	full, err := p.n.Get(ctx, p.all, models.Storage, p.key)
	part, perr := p.n.Get(ctx, p.some, models.Storage, p.key)
	if fault.CodeOf(err) != fault.CodeOf(perr) {
		p.Fatal(err, perr)
	}
	if err == nil {
		if want, got := p.masked(value(full.Value), nil), value(part.Value); !reflect.DeepEqual(want, got) {
			p.Fatalf("rules %q of %s: shown is %s, want %s", p.rules, full.Value, part.Value, canon(want))
		}
	}
	list, err := p.n.List(ctx, p.some, engine.ListQuery{Prefix: p.key})
	p.tells([]any{part, list, err})
	snap, err := p.n.Snapshot(ctx, p.some, engine.SnapshotQuery{Limit: 1000})
	p.tells([]any{snap, err})
	pull, err := p.n.Pull(ctx, p.some, engine.PullQuery{Prefix: p.key, Limit: 1000})
	p.tells([]any{pull, err})
	hist, err := p.n.History(ctx, p.some, engine.HistoryQuery{Key: p.key, Limit: 100})
	p.tells([]any{hist, err})
	for _, v := range hist.Versions {
		old, err := p.n.VersionAt(ctx, p.some, engine.HistoryQuery{Key: p.key, From: v.Seq})
		p.tells([]any{old, err})
	}
	page, _, err := p.n.Conflicts(ctx, p.some, engine.ConflictQuery{Collection: models.Storage, Key: p.key})
	p.tells([]any{page, err})
	for _, c := range page {
		x, err := p.n.Examine(ctx, p.some, c.ID)
		p.tells([]any{x, err, x.Outcome(models.StrategyMerge), x.Outcome(models.StrategyLWW)})
	}
	var file strings.Builder
	if err := p.n.Export(ctx, p.some, store.BrowseQuery{TenantID: p.some.TenantID, Owner: p.some.UserID, Collection: models.Storage, Prefix: p.key}, &file); err != nil {
		p.Fatal(err)
	}
	p.tells(file.String())
}

// tells fails when what somebody was told has a secret in it.
func (p *privacy) tells(told any) {
	if text := fmt.Sprintf("%s", told) + spelled(reflect.ValueOf(told), 0); strings.Contains(text, "SECRET") {
		at := strings.Index(text, "SECRET")
		p.Fatalf("rules %q: %T tells …%s…", p.rules, told, text[max(0, at-300):min(len(text), at+80)])
	}
}

// spelled is all text within a value, behind pointers too.
func spelled(v reflect.Value, depth int) string {
	if !v.IsValid() || depth > 12 {
		return ""
	}
	var b strings.Builder
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return spelled(v.Elem(), depth+1)
	case reflect.String:
		return v.String() + "\n"
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return string(v.Bytes()) + "\n"
		}
		for i := range v.Len() {
			b.WriteString(spelled(v.Index(i), depth+1))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			b.WriteString(v.Type().Field(i).Name + ":" + spelled(v.Field(i), depth+1))
		}
	default:
	}
	return b.String()
}

// op is something to do to the key.
func (p *privacy) op() protocol.Op {
	op := protocol.Op{Collection: models.Storage, Key: p.key, Kind: rapid.SampledFrom([]protocol.Kind{
		protocol.Set, protocol.Set, protocol.Set, protocol.Patch, protocol.Patch, protocol.Increment, protocol.AddToSet, protocol.Insert, protocol.Move, protocol.Remove,
	}).Draw(p.T, "kind")}
	path := []string{rapid.SampledFrom([]string{"n", "l", "o", "s"}).Draw(p.T, "path")}
	if rapid.Bool().Draw(p.T, "deeper") {
		path = append(path, rapid.SampledFrom([]string{"0", "n", "s", "l"}).Draw(p.T, "path"))
	}
	switch op.Kind {
	case protocol.Set, protocol.Patch:
		op.Value = canon(p.drawn("value"))
	case protocol.Increment:
		op.Path, op.Value = path, []byte("2")
	case protocol.AddToSet:
		op.Path, op.Value = path, canon([]any{p.drawn("element")})
	case protocol.Insert:
		op.Path, op.Value = path, canon(map[string]any{"at": json.Number("0"), "values": []any{p.drawn("element")}})
	case protocol.Move:
		op.Path, op.Value = path, []byte(`{"from":0,"to":1}`)
	default:
	}
	if base := rapid.Int64Range(-1, p.version).Draw(p.T, "base"); base >= 0 {
		op.Base = &base
	} else if rapid.Bool().Draw(p.T, "old") {
		ms := time.Now().Add(-time.Hour).UnixMilli()
		op.Timestamp = &ms
	}
	return op
}

// drawn is a value of the shape that the rules are about, most often without what they hide.
func (p *privacy) drawn(label string) any {
	leaf := rapid.SampledFrom([]any{json.Number("1"), "x", nil, []any{}, map[string]any{}})
	thing := func() any {
		m := map[string]any{}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"n", "n", "m", "s"}), rapid.ID[string]).Draw(p.T, label) {
			m[name] = leaf.Draw(p.T, label)
		}
		if rapid.IntRange(0, 3).Draw(p.T, label) > 0 {
			delete(m, "s")
		}
		return m
	}
	if rapid.IntRange(0, 9).Draw(p.T, label) == 0 {
		return leaf.Draw(p.T, label)
	}
	v := thing().(map[string]any)
	if rapid.Bool().Draw(p.T, label) {
		v["o"] = thing()
	}
	if rapid.Bool().Draw(p.T, label) {
		l := []any{}
		for range rapid.IntRange(0, 3).Draw(p.T, label) {
			l = append(l, thing())
		}
		v["l"] = l
	}
	return v
}

// The model: what a rule says of a place in a value, written out.

func (p *privacy) hides(path []string) bool {
	for _, rule := range p.rules {
		if rule == "" {
			return true
		}
		names := strings.Split(rule, "/")[1:]
		if len(names) > len(path) {
			continue
		}
		fits := true
		for i, name := range names {
			fits = fits && (name == "*" || name == path[i])
		}
		if fits {
			return true
		}
	}
	return false
}

func under(path []string, name string) []string {
	return append(append([]string{}, path...), name)
}

// spiked is a value with something secret wherever it is hidden.
func (p *privacy) spiked(v any, path []string) any {
	if p.hides(path) {
		p.secrets++
		return map[string]any{"is": fmt.Sprint("SECRET", p.secrets)}
	}
	switch v := v.(type) {
	case map[string]any:
		v["s"] = "open"
		for name := range v {
			v[name] = p.spiked(v[name], under(path, name))
		}
	case []any:
		for i := range v {
			v[i] = p.spiked(v[i], under(path, strconv.Itoa(i)))
		}
	}
	return v
}

func (p *privacy) masked(v any, path []string) any {
	if p.hides(path) {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			if at := under(path, name); p.hides(at) {
				delete(v, name)
			} else {
				v[name] = p.masked(v[name], at)
			}
		}
	case []any:
		for i := range v {
			v[i] = p.masked(v[i], under(path, strconv.Itoa(i)))
		}
	}
	return v
}

// found is what stands at the hidden places.
func (p *privacy) found() map[string]string {
	out := map[string]string{}
	it, err := p.n.Get(context.Background(), p.all, models.Storage, p.key)
	if fault.Is(err, fault.NotFound) {
		return out
	}
	if err != nil {
		p.Fatal(err)
	}
	p.version = it.Version
	var walk func(v any, path []string)
	walk = func(v any, path []string) {
		if p.hides(path) {
			out[strings.Join(path, "/")] = string(canon(v))
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for name, below := range v {
				walk(below, under(path, name))
			}
		case []any:
			for i, below := range v {
				walk(below, under(path, strconv.Itoa(i)))
			}
		}
	}
	walk(value(it.Value), nil)
	return out
}

func value(b []byte) (v any) {
	if b == nil {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func canon(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
