package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/e2e"
)

// conflicts counts what waits in the review queue.
func conflicts(t *testing.T, h *e2e.House) int64 {
	t.Helper()
	n, err := h.Store.OpenConflicts(t.Context(), h.Tenants[0].ID, "")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// toast is what the next page tells.
func (b *browser) toast(t *testing.T, a answer) string {
	t.Helper()
	if a.status != 303 {
		t.Fatalf("status %d\n%s", a.status, mainOf(a.body))
	}
	_, toasts, _ := strings.Cut(b.get(a.header.Get("Location")).body, `id="toasts"`)
	return toasts
}

func TestAnItemIsMadeAndEdited(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	form := b.get(acme + "/new?owner=dana")
	form.says(t, 200, "New item", `value="dana"`)
	in := hiddenIn(form.body)
	for name, value := range map[string]string{"owner": "dana", "key": "a/b ?&#é", "value": "{\r\n  \"n\": 1.50,\r\n  \"a\": [ ]\r\n}", "tags": "one\r\ntwo words\r\n\r\none", "priority": "-3", "expires": "2h", "metadata": `{"by": "me"}`} {
		in.Set(name, value)
	}
	if told := b.toast(t, b.post(acme+"/new", in)); !strings.Contains(told, "Saved as version 1") {
		t.Errorf("it tells %s", told)
	}
	it := lookAt(t, h, "dana", "a/b ?&#é")
	if string(it.Value) != `{"a":[],"n":1.50}` || fmt.Sprint(it.Tags) != "[one two words]" || it.Priority != -3 || string(it.Metadata) != `{"by":"me"}` || it.ExpiresAt-it.ModifiedAt < 7_190_000 {
		t.Errorf("it is %+v, %s", it, it.Value)
	}
	edit := b.get(itemAt("/edit", "dana", "a/b ?&#é"))
	edit.says(t, 200, "Editing version 1", "&#34;n&#34;: 1.50", "one\ntwo words", `value="-3"`, "/editor.js")
	in = hiddenIn(edit.body)
	in.Set("value", `"new"`)
	again := url.Values{}
	for k, v := range in {
		again[k] = v
	}
	if told := b.toast(t, b.post(itemAt("/edit", "dana", "a/b ?&#é"), in)); !strings.Contains(told, "Saved as version 2") {
		t.Errorf("it tells %s", told)
	}
	if told := b.toast(t, b.post(itemAt("/edit", "dana", "a/b ?&#é"), again)); !strings.Contains(told, "Saved as version 2") {
		t.Errorf("sent twice it tells %s", told)
	}
	it = lookAt(t, h, "dana", "a/b ?&#é")
	change, err := h.Store.ChangeAt(t.Context(), it.TenantID, it.Seq)
	if err != nil || it.Version != 2 || change.Door != models.DoorConsole || !strings.HasPrefix(change.Actor, "account:") || change.Address != "127.0.0.1" || change.RequestID == "" || change.Base != 1 {
		t.Errorf("the change is %+v, %v", change, err)
	}
	b.get(itemAt("/history", "dana", "a/b ?&#é")).says(t, 200, "Amina Haddad", "administrator", "Console")
}

func TestAWrongFormComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	put(t, h, "u", "k", `{"a":1}`)
	at := itemAt("/edit", "u", "k")
	for name, c := range map[string]struct {
		field, value string
		says         string
	}{
		"a comma too many": {"value", "{\r\n  \"a\": 1,\r\n}", "line 3, column 1: expected a field name in quotes"},
		"after an umlaut":  {"value", `{"ä": x}`, "line 1, column 7"},
		"nothing":          {"value", " ", "The value is missing"},
		"lone surrogate":   {"value", `"\ud800"`, "line 1, column 2: a lone surrogate"},
		"twice a member":   {"value", `{"a":1,"a":2}`, "line 1, column 8"},
		"too deep":         {"value", strings.Repeat("[", 65) + strings.Repeat("]", 65), "nested deeper than 64"},
		"too large":        {"value", `"` + strings.Repeat("x", 200<<10) + `"`, "at most"},
		"metadata":         {"metadata", `[1]`, "must be a JSON object"},
		"bad metadata":     {"metadata", `{`, "The metadata is not JSON: line 1, column 2"},
		"tag":              {"tags", strings.Repeat("x", 65), "The tag 1 must be at most 64 bytes"},
		"tags":             {"tags", manyTags(33), "at most 32 tags"},
		"priority":         {"priority", "high", "must be a whole number"},
		"expiry":           {"expires", "tomorrow", "must be a span such as"},
		"past expiry":      {"expires", "2020-01-01T00:00:00Z", "has passed already"},
		"no expiry":        {"expires", "0s", "in a second at the earliest"},
	} {
		in := hiddenIn(b.get(at).body)
		in.Set("value", `{"a":2}`)
		in.Set(c.field, c.value)
		a := b.post(at, in)
		want := 422
		if name == "too large" {
			want = 413
		}
		if a.status != want || !strings.Contains(strings.ReplaceAll(a.body, "&#39;", "'"), c.says) || !strings.Contains(a.body, `role="alert"`) || !strings.Contains(a.body, `data-unsaved="typed"`) {
			t.Errorf("%s: %d\n%s", name, a.status, mainOf(a.body)[:min(3000, len(mainOf(a.body)))])
		}
		if typed := strings.NewReplacer("&#34;", `"`, "&#39;", "'").Replace(a.body); !strings.Contains(typed, strings.ReplaceAll(c.value, "\r\n", "\n")) {
			t.Errorf("%s: what was typed is gone", name)
		}
	}
	a := b.post(acme+"/new", url.Values{"value": {`1`}, "key": {"a\x01b"}, "owner": {""}, "collection": {strings.Repeat("c", 65)}})
	a.says(t, 422, "The key must not contain control characters.", "The user must not be empty.", "The collection must be at most 64 bytes long.", `href="#item-key"`)
	if it := lookAt(t, h, "u", "k"); it.Version != 1 {
		t.Errorf("it was written: %+v", it)
	}
	if a := b.do("POST", at, strings.NewReader("value=1&version=1"), "Content-Type: application/x-www-form-urlencoded"); a.status != 403 {
		t.Errorf("without a token: %d", a.status)
	}
}

func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "tag%d\n", i)
	}
	return b.String()
}

func TestTwoPeopleEditOneItemAndTheSecondLosesNothing(t *testing.T) {
	t.Parallel()
	for _, strategy := range []models.Strategy{models.StrategyNone, models.StrategyLWW, models.StrategyFWW} {
		t.Run("strategy "+string(strategy), func(t *testing.T) {
			t.Parallel()
			h := house(t, nil)
			var err error
			if h.Tenants[0], err = h.Store.CreateTenant(t.Context(), models.Tenant{Slug: "strategic", Strategy: strategy}); err != nil {
				t.Fatal(err)
			}
			b := signedIn(t, h)
			at := strings.Replace(itemAt("/edit", "dana", "k"), "acme", "strategic", 1)
			put(t, h, "dana", "k", `{"status":"scheduled","notes":"a","total":1}`)
			mine := hiddenIn(b.get(at).body)
			put(t, h, "dana", "k", `{"status":"in_progress","notes":"a","total":2}`)
			mine.Set("value", `{"status":"completed","notes":"mine","total":1}`)
			mine.Set("tags", "kept")
			a := b.post(at, mine)
			a.says(t, 409, "It has changed since you opened it", "Version 2", "dana", "tablet-07", "Socket.IO", "$.status", "both changed", "$.notes", "you changed", "$.total", "they changed",
				"completed", "Save mine over version 2", "Take theirs", "kept</textarea>", "where you began")
			if n, it := conflicts(t, h), lookAt(t, h, "dana", "k"); n != 0 || it.Version != 2 {
				t.Errorf("%d conflicts, version %d", n, it.Version)
			}
			over := hiddenIn(a.body)
			over.Set("value", `{"status":"completed","notes":"mine","total":2}`)
			put(t, h, "dana", "k", `{"status":"in_progress","notes":"a","total":3}`)
			b.post(at, over).says(t, 409, "Version 3", "Save mine over version 3")
			over = hiddenIn(b.post(at, over).body)
			over.Set("value", `"all mine"`)
			if told := b.toast(t, b.post(at, over)); !strings.Contains(told, "Saved as version 4") {
				t.Errorf("it tells %s", told)
			}
			if it := lookAt(t, h, "dana", "k"); string(it.Value) != `"all mine"` {
				t.Errorf("it is %s", it.Value)
			}
		})
	}
}

func TestAStaleEditOfWhatIsGoneOrThereAlready(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	at := itemAt("/edit", "u", "k")
	put(t, h, "u", "k", `1`)
	in := hiddenIn(b.get(at).body)
	apply(t, h, deviceOf(h, "u", "phone"), protocol.Op{Kind: protocol.Remove, Collection: models.Storage, Key: "k"})
	in.Set("value", `2`)
	a := b.post(at, in)
	a.says(t, 409, "It was removed while you were editing", "Save mine, bring it back", "phone")
	in = hiddenIn(a.body)
	in.Set("value", `2`)
	if told := b.toast(t, b.post(at, in)); !strings.Contains(told, "Saved as version 3") {
		t.Errorf("it tells %s", told)
	}
	a = b.post(acme+"/new", url.Values{"key": {"k"}, "owner": {"u"}, "value": {`{"mine":1}`}})
	a.says(t, 409, "There is an item with this key already", "Save mine over version 3", "mine")
	if it := lookAt(t, h, "u", "k"); it.Version != 3 || conflicts(t, h) != 0 {
		t.Errorf("a new item replaced one: %+v", it)
	}
}

func TestDeleteIsTakenBackByItsUndo(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	put(t, h, "u", "k", `{"a":1}`, "one")
	told := b.toast(t, b.post(acme+"/delete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"1"}}))
	if !strings.Contains(told, "Undo") || !strings.Contains(told, acme+"/undelete") {
		t.Fatalf("it tells %s", told)
	}
	b.get(itemAt("", "u", "k")).says(t, 200, "This item was removed", "Bring it back")
	b.get(itemAt("/raw", "u", "k")).says(t, 404)
	b.get(itemAt("/edit", "u", "k")).says(t, 303)
	undo := url.Values{}
	for _, m := range inputField.FindAllStringSubmatch(told, -1) {
		undo.Set(m[1], m[2])
	}
	if told := b.toast(t, b.send(acme+"/undelete", undo)); !strings.Contains(told, "as version 3") {
		t.Errorf("it tells %s", told)
	}
	if it := lookAt(t, h, "u", "k"); string(it.Value) != `{"a":1}` || fmt.Sprint(it.Tags) != "[one]" || it.Deleted {
		t.Errorf("it is %+v", it)
	}
	again := b.send(acme+"/undelete", undo)
	again.says(t, 409, "It has changed since you opened it")
	b.toast(t, b.post(acme+"/delete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"3"}}))
	if told := b.toast(t, b.post(acme+"/undelete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"4"}})); !strings.Contains(told, "as version 5") {
		t.Errorf("from the page it tells %s", told)
	}
}

func TestAStaleDeleteAsks(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	put(t, h, "u", "k", `1`)
	put(t, h, "u", "k", `2`)
	a := b.post(acme+"/delete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"1"}})
	a.says(t, 409, "It has changed since you looked at it", "Version 2", "tablet-07", "Delete anyway", `name="version" value="2"`)
	if it := lookAt(t, h, "u", "k"); it.Deleted || conflicts(t, h) != 0 {
		t.Errorf("it was deleted: %+v", it)
	}
	b.toast(t, b.post(acme+"/delete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"2"}}))
	if told := b.toast(t, b.post(acme+"/delete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"3"}})); !strings.Contains(told, "removed already") {
		t.Errorf("it tells %s", told)
	}
	if a := b.send(acme+"/delete", url.Values{"owner": {"u"}, "key": {"k"}, "version": {"3"}}); a.status != 403 {
		t.Errorf("without a token: %d", a.status)
	}
}

func TestAnOldVersionIsRestoredAsANewOne(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	one := put(t, h, "u", "k", `{"v":1}`, "old")
	put(t, h, "u", "k", `{"v":2}`)
	form := url.Values{"owner": {"u"}, "key": {"k"}, "version": {"2"}, "seq": {fmt.Sprint(one.Seq)}}
	if told := b.toast(t, b.post(acme+"/restore", form)); !strings.Contains(told, "Restored as version 3") {
		t.Errorf("it tells %s", told)
	}
	if it := lookAt(t, h, "u", "k"); string(it.Value) != `{"v":1}` || fmt.Sprint(it.Tags) != "[old]" || it.Version != 3 {
		t.Errorf("it is %+v", it)
	}
	b.post(acme+"/restore", form).says(t, 409, "It has changed since you opened it", "Save mine over version 3")
	other := put(t, h, "v", "k", `{"v":9}`)
	form.Set("seq", fmt.Sprint(other.Seq))
	form.Set("version", "3")
	b.post(acme+"/restore", form).says(t, 404)
}
