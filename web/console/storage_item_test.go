package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/e2e"
)

const acme = "/console/t/acme/storage/item"

// deviceOf is a device of a user of the first tenant.
func deviceOf(h *e2e.House, user, instance string) models.Caller {
	t := h.Tenants[0]
	return models.Caller{TenantID: t.ID, UserID: user, InstanceID: instance, Actor: "user:" + user, CanRead: true, CanWrite: true, Strategy: t.Strategy, Door: models.DoorSocketIO, Address: "203.0.113.9", RequestID: "req-1"}
}

// put writes an item as a device would.
func put(t *testing.T, h *e2e.House, user, key, value string, tags ...string) protocol.Result {
	t.Helper()
	op := protocol.Op{Kind: protocol.Set, Collection: models.Storage, Key: key, Value: []byte(value), Tags: tags}
	return apply(t, h, deviceOf(h, user, "tablet-07"), op)
}

func apply(t *testing.T, h *e2e.House, who models.Caller, op protocol.Op) protocol.Result {
	t.Helper()
	r, err := h.Engine.Write(t.Context(), who, []protocol.Op{op})
	if err != nil || r[0].Err != nil {
		t.Fatal(err, r)
	}
	return r[0]
}

func lookAt(t *testing.T, h *e2e.House, user, key string) models.Item {
	t.Helper()
	it, err := h.Engine.Look(t.Context(), deviceOf(h, user, ""), "", key)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// item is the address of one of an item's pages.
func itemAt(page, owner, key string, more ...string) string {
	q := url.Values{"owner": {owner}, "key": {key}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return acme + page + "?" + q.Encode()
}

// says fails the test unless the answer has the status and the parts.
func (a answer) says(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d, to %q\n%s", a.status, status, a.header.Get("Location"), mainOf(a.body))
	}
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			t.Errorf("it does not say %q\n%.3000s", p, mainOf(a.body))
		}
	}
}

func mainOf(body string) string {
	_, after, _ := strings.Cut(body, "<main")
	inner, _, _ := strings.Cut(after, "</main>")
	return inner
}

var inputField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// hiddenIn reads the hidden fields of the item's form.
func hiddenIn(body string) url.Values {
	_, form, _ := strings.Cut(body, `id="item-form"`)
	out := url.Values{}
	for _, m := range inputField.FindAllStringSubmatch(form, -1) {
		out.Set(m[1], m[2])
	}
	return out
}

func TestAnItemIsShownAsTreeAndAsJSONWithItsFacts(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	put(t, h, "dana", "orders/1", `{"a":{"b":[1,"two",null]},"z":true}`, "hvac")
	b.get(itemAt("", "dana", "orders/1")).says(t, 200, "orders/1", "version 1", "dana", "tablet-07", "Socket.IO", "203.0.113.9", "hvac", `data-copy-path="$.a.b[1]"`,
		"/api/v1/sync-storage/item/orders%2F1", "user", "stored as it is")
	b.get(itemAt("", "dana", "orders/1", "view", "json")).says(t, 200, "&#34;z&#34;: true")
	raw := b.get(itemAt("/raw", "dana", "orders/1"))
	if raw.body != `{"a":{"b":[1,"two",null]},"z":true}` || !strings.HasPrefix(raw.header.Get("Content-Type"), "application/json") || raw.header.Get("X-Content-Type-Options") != "nosniff" || raw.header.Get("Cache-Control") != "no-store" {
		t.Errorf("raw: %v %s", raw.header, raw.body)
	}
	if a := b.get(itemAt("", "dana", "orders/1"), "HX-Request: true"); strings.Contains(a.body, "<html") || !strings.Contains(a.body, "<h1") {
		t.Errorf("the fragment: %d", a.status)
	}
	for _, path := range []string{itemAt("", "dana", "none"), itemAt("", "other", "orders/1"), itemAt("", "", "orders/1"), itemAt("/history", "dana", "none"), itemAt("/edit", "dana", "none"), strings.Replace(itemAt("", "dana", "orders/1"), "acme", "globex", 1)} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	newBrowser(t, h).get(itemAt("", "dana", "orders/1")).says(t, 303)
}

func TestABigValueIsShownInPart(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	put(t, h, "u", "list", "["+strings.TrimSuffix(strings.Repeat(`[1],`, 25_000), ",")+"]")
	put(t, h, "u", "text", `"`+strings.Repeat("x", 100_000)+`"`)
	first := b.get(itemAt("", "u", "list"))
	first.says(t, 200, "24,900 more", "nodes=all", "25,000 elements", "by zstd")
	if len(first.body) > 400<<10 {
		t.Errorf("the first view has %d bytes", len(first.body))
	}
	rest := b.get(itemAt("", "u", "list", "nodes", "all"))
	rest.says(t, 200, "15,000 more")
	if n := strings.Count(rest.body, "data-copy-path"); n != 20_000 {
		t.Errorf("the rest shows %d nodes", n)
	}
	text := b.get(itemAt("", "u", "text"))
	text.says(t, 200, "Show all 100,000 characters", "the rest is in the raw value")
	if len(text.body) > 100<<10 {
		t.Errorf("a long string makes %d bytes", len(text.body))
	}
	if raw := b.get(itemAt("/raw", "u", "text")); len(raw.body) != 100_002 {
		t.Errorf("raw has %d bytes", len(raw.body))
	}
}

func TestWhatAnItemHoldsIsTextOnEveryPage(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	const evil = `<script>alert(1)</script><b hx-get="/x" onclick='y'>"&amp;` + "\u202e🌊"
	quotedEvil := string(protocol.AppendString(nil, evil))
	deep := strings.Repeat(`{"d":`, 63) + quotedEvil + strings.Repeat(`}`, 63)
	who := deviceOf(h, evil, evil)
	who.Actor = "user:" + evil
	op := protocol.Op{Kind: protocol.Set, Collection: evil, Key: evil, Value: []byte(`{` + quotedEvil + `:` + quotedEvil + `}`), Tags: []string{evil[:60]}, Metadata: []byte(`{"m":` + quotedEvil + `}`), OpID: evil[:60]}
	op.Tags[0], op.OpID = strings.ToValidUTF8(op.Tags[0], ""), strings.ToValidUTF8(op.OpID, "")
	op.Collection = strings.ToValidUTF8(op.Collection[:64], "")
	one := apply(t, h, who, op)
	op.Value, op.OpID = []byte(deep), ""
	two := apply(t, h, who, op)
	at := func(page string, more ...string) string {
		return itemAt(page, evil, evil, append(more, "collection", op.Collection)...)
	}
	for _, path := range []string{
		at(""), at("", "view", "json"), at("/history"), at("/edit"), at("/new"), at("/diff", "from", fmt.Sprint(one.Seq), "to", fmt.Sprint(two.Seq)),
		at("/diff", "from", fmt.Sprint(one.Seq), "to", fmt.Sprint(two.Seq), "view", "text"),
	} {
		a := b.get(path)
		a.says(t, 200, "&lt;script&gt;alert(1)")
		for _, bad := range []string{"<script>alert", "<b hx-get", "onclick='y'"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s contains %s", path, bad)
			}
		}
	}
	stale := b.post(at("/edit"), url.Values{"version": {"1"}, "seq": {fmt.Sprint(one.Seq)}, "value": {quotedEvil}})
	stale.says(t, 409, "&lt;script&gt;alert(1)")
	if strings.Contains(stale.body, "<script>alert") {
		t.Error("a stale save renders markup")
	}
	wrong := b.post(at("/edit"), url.Values{"version": {"2"}, "value": {evil}, "metadata": {evil}, "tags": {evil}, "expires": {evil}, "priority": {evil}})
	wrong.says(t, 422, "&lt;script&gt;alert(1)")
	if strings.Contains(wrong.body, "<script>alert") {
		t.Error("a wrong form renders markup")
	}
}

func TestHistoryTellsWhoWhereWhenAndComparesAnyTwoVersions(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	first := put(t, h, "dana", "k", `{"n":0,"same":1}`)
	for i := 1; i < 24; i++ {
		put(t, h, "dana", "k", fmt.Sprintf(`{"n":%d,"same":1}`, i))
	}
	write(t, h, 0, "own") // by the API key, whose user is its own
	page := b.get(itemAt("/history", "dana", "k"))
	page.says(t, 200, "Versions 5 to 24", "tablet-07", "203.0.113.9", "req-1", `name="from"`, `name="to"`)
	if n := strings.Count(page.body, "<tr class=\"border-b"); n != 20 {
		t.Errorf("%d rows", n)
	}
	b.get(itemAt("/history", "dana", "k", "before", fmt.Sprint(first.Seq+3))).says(t, 200, "Versions 1 to 4", "Newest")
	put(t, h, "dana", "single", `1`)
	b.get(itemAt("/history", "dana", "single")).hides(t, ">Compare<", `name="from"`)
	last := lookAt(t, h, "dana", "k")
	diff := b.get(itemAt("/diff", "dana", "k", "from", fmt.Sprint(first.Seq), "to", fmt.Sprint(last.Seq)))
	diff.says(t, 200, "$.n", "Version 1", "Version 24", "changed")
	if strings.Contains(mainOf(diff.body), "$.same") {
		t.Error("what is the same is listed")
	}
	b.get(itemAt("/diff", "dana", "k", "from", fmt.Sprint(first.Seq), "to", fmt.Sprint(last.Seq), "view", "text")).says(t, 200, "bg-bad-soft", "bg-ok-soft")
	for _, path := range []string{itemAt("/diff", "dana", "k", "from", "1", "to", "9999"), itemAt("/diff", "dana", "k"), itemAt("/diff", "dana", "own", "from", "1", "to", "2")} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestAVersionChosenOnAnotherPageStaysAtHandToCompare(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	first := put(t, h, "dana", "k", `0`)
	for i := range 24 {
		put(t, h, "dana", "k", fmt.Sprint(i))
	}
	chosen := first.Seq + 20
	older := []string{"before", fmt.Sprint(first.Seq + 3), "to", fmt.Sprint(chosen)}
	page := b.get(itemAt("/history", "dana", "k", older...))
	page.says(t, 200, "Versions 1 to 4", fmt.Sprintf(`name="to" value="%d" checked`, chosen), fmt.Sprintf(`name="from" value="%d" checked`, first.Seq+3))
	if n := strings.Count(page.body, " checked"); n != 2 {
		t.Errorf("%d are chosen", n)
	}
	other := put(t, h, "dana", "another", `1`)
	for _, to := range []string{fmt.Sprint(other.Seq), "99999", "x"} {
		older[3] = to
		if page := b.get(itemAt("/history", "dana", "k", older...)); page.status != 200 || strings.Count(page.body, `<tr class="border-b`) != 4 {
			t.Errorf("with %s: %d\n%s", to, page.status, mainOf(page.body))
		}
	}
}

func TestAnItemLeadsToTheDevicesThatHaveAPage(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	one := put(t, h, "dana", "k", `1`)
	at := strings.ReplaceAll(devicePath("", "dana", "tablet-07"), "&", "&amp;")
	pages := []string{itemAt("", "dana", "k"), itemAt("/history", "dana", "k")}
	for _, path := range pages {
		if a := b.get(path); strings.Contains(a.body, at) || !strings.Contains(a.body, "tablet-07") {
			t.Errorf("%s leads to a device that has no page", path)
		}
	}
	connected(t, h, "dana", "tablet-07", "")
	for _, path := range pages {
		b.get(path).says(t, 200, at)
	}
	put(t, h, "dana", "k", `2`)
	b.post(itemAt("/edit", "dana", "k"), url.Values{"version": {"1"}, "seq": {fmt.Sprint(one.Seq)}, "value": {"3"}}).says(t, 409, at)
}

func TestAKeyIsNamedInTheHistory(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	write(t, h, 0, "k")
	keys, err := h.Store.APIKeys(t.Context(), h.Tenants[0].ID)
	if err != nil || len(keys) == 0 {
		t.Fatal(err)
	}
	page, err := h.Engine.List(t.Context(), models.Caller{TenantID: h.Tenants[0].ID, AllUsers: true, CanRead: true}, engine.ListQuery{})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(err, page)
	}
	signedIn(t, h).get(itemAt("/history", page.Items[0].Owner, "k")).says(t, http.StatusOK, keys[len(keys)-1].Name, "API key", "REST")
}
