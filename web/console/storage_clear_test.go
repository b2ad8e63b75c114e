package console_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestAUserIsClearedOnceTheNameIsTyped(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	stored(t, h, "amy", "x", "one", "two")
	stored(t, h, "bob", "x", "three")
	b := signedIn(t, h)
	b.get(storagePage+"?owner=amy").shows(t, 200, "Delete all of this user…", "clear?owner=amy")
	b.get(storagePage).hides(t, "Delete all of this user…")
	ask := b.get(storagePage + "/clear?owner=amy")
	ask.shows(t, 200, "Clear the storage of", "Clear 2 items")
	form := formOf(ask.body)
	for _, typed := range []string{"", "bob", "amy "} {
		form.Set("confirm", typed)
		b.send(storagePage+"/clear", form).shows(t, 422, "not the user’s name", "Clear 2 items")
	}
	form.Set("confirm", "amy")
	first, again := b.send(storagePage+"/clear", form), b.send(storagePage+"/clear", form)
	if job := first.header.Get("Location"); first.status != 303 || job != again.header.Get("Location") {
		t.Fatalf("%d to %s, sent again %d to %s", first.status, job, again.status, again.header.Get("Location"))
	}
	b.ended(first.header.Get("Location")).shows(t, 200, "Clear a user’s items", "2 of 2")
	left := b.get(storagePage + "?view=list")
	left.shows(t, 200, "item?key=three")
	left.hides(t, "item?key=one", "item?key=two")
	if got := actions(t, h); !slices.Contains(got, "items.clear") {
		t.Errorf("the audit has %v", got)
	}
	if a := b.send(storagePage+"/clear", url.Values{"owner": {"bob"}, "op": {"x"}, "confirm": {"bob"}}); a.status != 403 {
		t.Errorf("without a form token: %d", a.status)
	}
	if a := b.get(storagePage + "/clear"); a.status != 422 {
		t.Errorf("without a user: %d", a.status)
	}
	b.get(storagePage+"/clear?"+url.Values{"owner": {"<script>x"}}.Encode()).hides(t, "<script>x")
}

func TestWhatIsChosenStaysWhenItLacksSomething(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	stored(t, h, "amy", "x", "one", "two")
	b := signedIn(t, h)
	a := b.post(storagePage+"/bulk", url.Values{"view": {"list"}, "deleted": {"with"}, "action": {"tag"}, "with": {""}, "scope": {"selected"}, "item": {`["amy","two"]`}})
	a.shows(t, 422, "The tag must not be empty", `aria-describedby="bulk-tag-note"`, `value="tag" selected`, `name="deleted" value="with"`)
	if n := strings.Count(a.body, " checked"); n != 1 {
		t.Errorf("%d boxes are ticked", n)
	}
	b.post(storagePage+"/bulk", url.Values{"view": {"list"}, "action": {"delete"}, "scope": {"selected"}}).shows(t, 422, "No item is chosen", "item?key=one")
	if a := b.get(storagePage + "/bulk"); a.status != 303 || a.header.Get("Location") != storagePage {
		t.Errorf("asked for anew: %d %s", a.status, a.header.Get("Location"))
	}
}
