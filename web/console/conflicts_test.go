package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/e2e"
)

// writer is a device of a user of the first tenant.
func writer(h *e2e.House, instance string) models.Caller {
	return models.Caller{TenantID: h.Tenants[0].ID, UserID: "dana", InstanceID: instance, Actor: "key:1", CanRead: true, CanWrite: true, Door: models.DoorREST, Address: "192.0.2.7"}
}

// clash has two devices write on one version of an item, and gives the conflict that waits.
func clash(t *testing.T, h *e2e.House, key, base, current, incoming string) string {
	t.Helper()
	write := func(instance, value string, version int64) protocol.Result {
		op := protocol.Op{Kind: protocol.Set, Collection: models.Storage, Key: key, Value: []byte(value), Base: &version}
		if value == "" {
			op.Kind = protocol.Remove
		}
		res, err := h.Engine.Write(t.Context(), writer(h, instance), []protocol.Op{op})
		if err != nil {
			t.Fatal(err)
		}
		return res[0]
	}
	if r := write("desk", base, 0); r.Err != nil {
		t.Fatal(r.Err)
	}
	if r := write("desk", current, 1); r.Err != nil {
		t.Fatal(r.Err)
	}
	r := write("tablet", incoming, 1)
	if r.ConflictID == "" {
		t.Fatalf("%s does not clash: %+v", key, r)
	}
	return r.ConflictID
}

// standing is the value of an item of the first tenant.
func standing(t *testing.T, h *e2e.House, key string) string {
	t.Helper()
	it, err := h.Engine.Look(t.Context(), writer(h, "x"), models.Storage, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(it.Value)
}

const queueAt = "/console/t/acme/conflicts"

var rowLink = regexp.MustCompile(`href="/console/t/acme/conflicts/([0-9A-Z]{26})[^"]*" aria-current`)

// inQueue are the keys in the list, by their conflicts.
func inQueue(a answer) (ids []string) {
	for _, m := range rowLink.FindAllStringSubmatch(a.body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func TestTheQueueListsFiltersAndExplains(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	b.get(queueAt).shows(t, 200, "Nothing to review", "Open", "Mine", "AI-ready", "Resolved")
	hostile := `<b hx-get="/e">` + "\u202e" + `"'`
	one := clash(t, h, "orders/1", `{"a":0}`, `{"a":1}`, `{"a":2}`)
	odd := clash(t, h, hostile, `{"a":0}`, `{"a":1}`, `{"a":"`+"<script>x</script>"+`"}`)
	gone := clash(t, h, "orders/2", `{"a":0}`, `{"a":1}`, "")
	a := b.get(queueAt)
	if got := inQueue(a); !slices.Equal(got, []string{gone, odd, one}) {
		t.Errorf("newest first: %v", got)
	}
	a.shows(t, 200, "Both changed a", "Removed by a device that had not seen a change", "High", "Medium", "&lt;b hx-get=")
	if strings.Contains(a.body, "<b hx-get") {
		t.Error("a key is markup")
	}
	for q, want := range map[string][]string{
		"orders": {gone, one}, "key:orders/1": {one}, "key:orders/*": {gone, one}, "orders/2": {gone}, "severity:HIGH": {gone}, "kind:concurrent": {odd, one}, "device:tablet": {gone, odd, one}, "device:desk": nil,
		"user:dana severity:high": {gone}, "user:omar": nil, "older:1h": nil, "newer:1h": {gone, odd, one}, "is:mine": nil, "is:unassigned": {gone, odd, one}, "collection:storage orders": {gone, one},
		"collection:notes orders": nil, `key:"orders/1"`: {one},
	} {
		if got := inQueue(b.get(queueAt + "?" + url.Values{"q": {q}}.Encode())); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", q, got, want)
		}
	}
	for q, says := range map[string]string{
		"colour:red": "is not known. There are key:, user:", "severity:huge": "may be low, medium, high", "older:2": "takes a number of minutes", "older:": "says nothing", "user:a user:b": "is there twice",
		"is:odd": "may be mine or unassigned", "by:me": "does not go with this view", "<b hx-get>:1": "is not known", "kind:odd": "may be concurrent",
	} {
		a := b.get(queueAt + "?" + url.Values{"q": {q}}.Encode())
		a.shows(t, 200, says)
		if len(inQueue(a)) > 0 || strings.Contains(a.body, "<b hx-get") {
			t.Errorf("%s: a filter that is not understood lists something", q)
		}
	}
	for q, says := range map[string]string{"strategy:MERGEE": "may be LAST_WRITE_WINS", "severity:high": "does not go with this view", "by:nobody@example.com": "there is none with"} {
		b.get(queueAt+"?"+url.Values{"view": {"resolved"}, "q": {q}}.Encode()).shows(t, 200, says)
	}
	b.get("/console/t/acme").shows(t, 200, queueAt, "3 conflicts")
	if a := b.get("/console/t/globex/conflicts/" + one); a.status != 404 {
		t.Errorf("another tenant's: %d", a.status)
	}
	b.get(queueAt+"/nothing").shows(t, 404)
	b.get("/console/t/acme/storage/item?"+url.Values{"owner": {"dana"}, "key": {"orders/1"}}.Encode()).shows(t, 200, "view=resolved")
}

func TestTheQueueComesInPages(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	var all []string
	for i := range 60 {
		all = append([]string{clash(t, h, fmt.Sprintf("k%02d", i), "0", "1", "2")}, all...)
	}
	first := b.get(queueAt)
	second := b.get(first.link("Next"))
	if got := append(inQueue(first), inQueue(second)...); !slices.Equal(got, all) {
		t.Errorf("%d on two pages", len(got))
	}
	a := b.get(queueAt + "/" + all[10])
	if next, prev := a.link("Next J"), a.link("Previous K"); next != queueAt+"/"+all[11] || prev != queueAt+"/"+all[9] {
		t.Errorf("beside it: %q %q", next, prev)
	}
}

func decide(b *browser, id string, form url.Values) answer {
	return b.post(queueAt+"/"+id+"/decide", form)
}

func TestAPersonDecidesAndUndoes(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	other := clash(t, h, "other", "0", "1", "2")
	for name, c := range map[string]struct {
		form       url.Values
		want, says string
	}{
		"current":  {url.Values{"action": {"current"}}, `{"a":1,"b":0,"c":0}`, "kept current"},
		"incoming": {url.Values{"action": {"incoming"}}, `{"a":2,"b":2,"c":0}`, "accepted incoming"},
		"merged":   {url.Values{"action": {"merged"}, "pick:/a": {"current"}}, `{"a":1,"b":2,"c":0}`, "merged"},
		"picked":   {url.Values{"action": {"merged"}, "pick:/a": {"incoming"}, "pick:/b": {"current"}}, `{"a":2,"b":0,"c":0}`, "merged"},
		"typed":    {url.Values{"action": {"merged"}, "json": {"{\r\n \"z\": 1.50\r\n}"}, "json_use": {"on"}}, `{"z":1.50}`, "merged"},
	} {
		id := clash(t, h, name, `{"a":0,"b":0,"c":0}`, `{"a":1,"b":0,"c":0}`, `{"a":2,"b":2,"c":0}`)
		page := b.get(queueAt + "/" + id)
		page.shows(t, 200, "needs a choice", "incoming changed", "1 unchanged field", `name="version" value="2"`, "How it came about", "Version 1, from which both began", "tablet", "Save merged")
		c.form.Set("version", "2")
		a := decide(b, id, c.form)
		if to := a.header.Get("Location"); a.status != 303 || to != queueAt+"/"+other {
			t.Fatalf("%s: %d, on to %q\n%s", name, a.status, to, mainOf(a.body))
		}
		if got := standing(t, h, name); got != c.want {
			t.Errorf("%s: %s stands, want %s", name, got, c.want)
		}
		b.get(queueAt+"/"+other).shows(t, 200, name+"\u2069: "+c.says, "Undo")
		b.get(queueAt+"/"+id).shows(t, 200, "Amina Haddad", "by hand", c.says, "/undo")
		if a := decide(b, id, c.form); a.status != 409 || !strings.Contains(a.body, "It was settled already") {
			t.Errorf("%s, decided twice: %d", name, a.status)
		}
		if a := b.post(queueAt+"/"+id+"/undo", url.Values{}); a.status != 303 || a.header.Get("Location") != queueAt+"/"+id {
			t.Errorf("%s, undone: %d", name, a.status)
		}
		if got := standing(t, h, name); got != `{"a":1,"b":0,"c":0}` {
			t.Errorf("%s, undone: %s stands", name, got)
		}
		b.get(queueAt+"/"+id).shows(t, 200, "waits again", "Save merged")
		if a := b.post(queueAt+"/"+id+"/undo", url.Values{}); a.status != 303 {
			t.Errorf("%s, undone twice: %d", name, a.status)
		}
		b.get(queueAt+"/"+id).shows(t, 200, "It is open already.")
		decide(b, id, url.Values{"action": {"current"}, "version": {fmt.Sprint(versionNow(t, h, name))}})
	}
	all, err := h.Store.AuditEntries(t.Context(), h.Tenants[0].ID, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	did := map[string]int{}
	for _, e := range all {
		did[e.Action]++
	}
	if did["conflict.resolve"] != 10 || did["conflict.reopen"] != 5 {
		t.Errorf("the audit: %v", did)
	}
}

func versionNow(t *testing.T, h *e2e.House, key string) int64 {
	t.Helper()
	it, err := h.Engine.Look(t.Context(), writer(h, "x"), models.Storage, key)
	if err != nil {
		t.Fatal(err)
	}
	return it.Version
}

func TestWhatCannotBeSavedComesBackAsItWasSent(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	id := clash(t, h, "k", `{"a":0,"b":0}`, `{"a":1,"b":1}`, `{"a":2,"b":2}`)
	decide(b, id, url.Values{"action": {"merged"}, "version": {"2"}, "pick:/a": {"incoming"}}).shows(t, 422, "Not saved yet: 1 field needs a choice", "b needs a choice", `name="pick:/a" value="incoming" checked`)
	decide(b, id, url.Values{"action": {"merged"}, "version": {"2"}, "json": {"{\n \"a\": <b>"}, "json_use": {"on"}}).shows(t, 422, "The value is not JSON: line 2", "&lt;b&gt;", `name="json_use" value="on" checked`)
	decide(b, id, url.Values{"action": {"odd"}, "version": {"2"}}).shows(t, 422, "Choose what to do with it")
	decide(b, id, url.Values{"action": {"suggestion"}, "version": {"2"}}).shows(t, 422, "There is no suggestion any more")
	version := int64(2)
	if _, err := h.Engine.Write(t.Context(), writer(h, "desk"), []protocol.Op{{Kind: protocol.Set, Collection: models.Storage, Key: "k", Value: []byte(`{"a":5,"b":1}`), Base: &version}}); err != nil {
		t.Fatal(err)
	}
	decide(b, id, url.Values{"action": {"merged"}, "version": {"2"}, "pick:/a": {"incoming"}, "pick:/b": {"current"}}).
		shows(t, 409, "The item was written since you opened this", `name="version" value="3"`, `name="pick:/a" value="incoming" checked`, "written after the conflict arose")
	if got := standing(t, h, "k"); got != `{"a":5,"b":1}` {
		t.Errorf("%s stands", got)
	}
	if a := b.post(queueAt+"/"+id+"/merged", url.Values{"pick:/a": {"incoming"}, "pick:/b": {"current"}}); a.status != 200 || strings.TrimSpace(a.body) != "{\n  \"a\": 2,\n  \"b\": 1\n}" {
		t.Errorf("for the editor: %d %q", a.status, a.body)
	}
	if a := decide(b, id, url.Values{"action": {"merged"}, "version": {"3"}, "pick:/a": {"incoming"}, "pick:/b": {"current"}}); a.status != 303 || a.header.Get("Location") != queueAt {
		t.Errorf("%d to %s", a.status, a.header.Get("Location"))
	}
	if got := standing(t, h, "k"); got != `{"a":2,"b":1}` {
		t.Errorf("%s stands", got)
	}
	if a := b.get(queueAt + "/" + id + "/decide"); a.status != 303 {
		t.Errorf("the address of the form, asked for: %d", a.status)
	}
}

func TestARemovalAgainstAChangeIsDecidedEitherWay(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for i, action := range []string{"current", "incoming", "merged"} {
		key := fmt.Sprint("k", i)
		id := clash(t, h, key, `{"a":0}`, `{"a":1}`, "")
		b.get(queueAt+"/"+id).shows(t, 200, "the whole value", "not there", "Incoming removed it without having seen the change", "removes it")
		if a := decide(b, id, url.Values{"action": {action}, "version": {"2"}}); a.status != 303 {
			t.Errorf("%s: %d", action, a.status)
		}
		if got, want := standing(t, h, key), map[string]string{"current": `{"a":1}`, "incoming": "", "merged": `{"a":1}`}[action]; got != want {
			t.Errorf("%s: %q stands", action, got)
		}
	}
}

func TestWhoMayNotReviewSeesAndDoesNothing(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) {
		o.Policy = "p, installation_admin, installation, console, use\np, installation_admin, installation, conflicts, read"
	})
	b := signedIn(t, h)
	id := clash(t, h, "k", `{"a":0}`, `{"a":1}`, `{"a":2}`)
	a := b.get(queueAt + "/" + id)
	a.shows(t, 200, "Why this is in the queue")
	for _, part := range []string{"Save merged", "Assign to me", `type="radio"`, `type="checkbox"`, "Edit the result"} {
		if strings.Contains(mainOf(a.body), part) {
			t.Errorf("it offers %q", part)
		}
	}
	for _, path := range []string{"/" + id + "/decide", "/" + id + "/undo", "/" + id + "/assign", "/" + id + "/claim", "/" + id + "/merged", "/bulk", "/bulk/start"} {
		if a := b.post(queueAt+path, url.Values{"action": {"current"}, "version": {"2"}, "to": {"me"}}); a.status != 403 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if r, err := h.Store.Review(t.Context(), h.Tenants[0].ID, id); err != nil || r.ClaimedBy != "" {
		t.Errorf("looking claims it: %+v %v", r, err)
	}
	none := house(t, func(o *e2e.Options) { o.Policy = "p, installation_admin, installation, console, use" })
	if a := signedIn(t, none).get(queueAt); a.status != 403 {
		t.Errorf("who may not see: %d", a.status)
	}
}

func TestConflictsAreClaimedAssignedAndToldLive(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	if _, err := h.Access.CreateAdmin(t.Context(), "ann@example.com", "Ann <b>Lee", password); err != nil {
		t.Fatal(err)
	}
	ann := newBrowser(t, h)
	ann.post("/console/login", url.Values{"email": {"ann@example.com"}, "password": {password}})
	id := clash(t, h, "k", `{"a":0}`, `{"a":1}`, `{"a":2}`)
	quiet := clash(t, h, "quiet", `{"a":0}`, `{"a":1}`, `{"a":2}`)
	list := b.listen(queueAt + "/stream?view=open")
	ann.get(queueAt+"/"+id).shows(t, 200, "Save merged")
	next(t, list, "queue", "Ann &lt;b&gt;Lee</bdi> has it open")
	b.get(queueAt+"/"+id).shows(t, 200, "Ann &lt;b&gt;Lee</bdi> has it open", "Save merged")
	open := b.listen(queueAt + "/stream?view=open&id=" + id)
	if a := b.post(queueAt+"/"+quiet+"/assign", url.Values{"to": {"me"}}); a.status != 303 {
		t.Errorf("assigned: %d", a.status)
	}
	next(t, list, "queue", "for <bdi>Amina Haddad")
	b.get(queueAt+"?view=mine").shows(t, 200, queueAt+"/"+quiet)
	if got := inQueue(ann.get(queueAt + "?view=mine")); len(got) != 0 {
		t.Errorf("it is Ann's, too: %v", got)
	}
	who, err := h.Store.AccountByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	b.get(queueAt+"/"+quiet).shows(t, 200, `<option value="account:`+who.ID+`">Ann &lt;b&gt;Lee</option>`, " (me)</option>")
	if a := b.post(queueAt+"/"+quiet+"/assign", url.Values{"to": {"account:" + who.ID}}); a.status != 303 {
		t.Errorf("assigned to Ann: %d", a.status)
	}
	if got := inQueue(ann.get(queueAt + "?view=mine")); len(got) != 1 {
		t.Errorf("it is not Ann's: %v", got)
	}
	for _, to := range []string{"somebody", "account:", "account:01M7ZZZZZZZZZZZZZZZZZZZZZZ", "key:x"} {
		if a := b.post(queueAt+"/"+quiet+"/assign", url.Values{"to": {to}}); a.status != 422 {
			t.Errorf("assigned to %s: %d", to, a.status)
		}
	}
	if a := b.post(queueAt+"/"+id+"/assign", url.Values{"to": {"somebody"}}); a.status != 422 && a.status != 400 {
		t.Errorf("assigned to somebody: %d", a.status)
	}
	b.get(queueAt)
	second := clash(t, h, "k2", `{"a":0}`, `{"a":1}`, `{"a":2}`)
	next(t, list, "queue", "1 new")
	time.Sleep(2500 * time.Millisecond) // the open page has been told who else is there
	if a := ann.post(queueAt+"/"+id+"/decide", url.Values{"action": {"incoming"}, "version": {"2"}}); a.status != 303 {
		t.Fatalf("claiming blocks deciding: %d", a.status)
	}
	next(t, open, "queue", "settled this while you had it open")
	next(t, list, "queue", "1 settled")
	if a := b.post(queueAt+"/"+second+"/claim", url.Values{}); a.status != http.StatusNoContent {
		t.Errorf("claimed by a page without a stream: %d", a.status)
	}
	if r, err := h.Store.Review(t.Context(), h.Tenants[0].ID, second); err != nil || r.ClaimedBy == "" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestASuggestionIsShownAndAccepted(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for name, c := range map[string]struct {
		s    models.Suggestion
		says []string
		want string
	}{
		"incoming": {models.Suggestion{Version: 2, Choice: "incoming", Confidence: .874, Reason: "<i>later</i>", Model: "m<1>"}, []string{"87 % sure", "Accept incoming.", "&lt;i&gt;later", "m&lt;1&gt;", "Use suggestion"}, `{"a":2}`},
		"merged":   {models.Suggestion{Version: 2, Choice: "merged", Value: []byte(`{"a":3}`), Confidence: .5}, []string{"Save a value made of both.", "of its own", "The value it would save"}, `{"a":3}`},
		"failed":   {models.Suggestion{Failure: "It took too long."}, []string{"No suggestion", "It took too long."}, ""},
	} {
		id := clash(t, h, name, `{"a":0}`, `{"a":1}`, `{"a":2}`)
		id = suggest(t, h, id, c.s)
		a := b.get(queueAt + "/" + id)
		a.shows(t, 200, c.says...)
		if c.want == "" {
			if strings.Contains(a.body, "Use suggestion") {
				t.Error("a failure can be used")
			}
			continue
		}
		b.get(queueAt+"?view=ai").shows(t, 200, queueAt+"/"+id)
		if a := decide(b, id, url.Values{"action": {"suggestion"}, "version": {"2"}}); a.status != 303 {
			t.Errorf("%s: %d %s", name, a.status, mainOf(a.body))
		}
		if got := standing(t, h, name); got != c.want {
			t.Errorf("%s: %s stands", name, got)
		}
	}
}

// suggest puts a conflict with an assistant's answer in the place of one without, and gives its id.
func suggest(t *testing.T, h *e2e.House, id string, s models.Suggestion) string {
	t.Helper()
	c, err := h.Store.Conflict(t.Context(), h.Tenants[0].ID, id)
	if err != nil {
		t.Fatal(err)
	}
	assist := models.AssistReady
	if s.Failure != "" {
		assist = models.AssistFailed
	}
	c.ID, c.Suggestion = clock.NewID(clock.System{}), &s
	if err := h.Store.Commit(t.Context(), func(tx *store.CommitTx) error {
		if err := tx.DeleteReview(c.TenantID, id); err != nil {
			return err
		}
		if err := tx.InsertConflicts([]*models.Conflict{&c}); err != nil {
			return err
		}
		return tx.InsertReviews([]*models.Review{models.ReviewOf(&c, assist)})
	}); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func TestManyConflictsAreSettledAfterAPreviewAndUndone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	var ids []string
	for i := range 3 {
		ids = append(ids, clash(t, h, fmt.Sprint("clash/", i), `{"a":0}`, `{"a":1}`, `{"a":2}`))
	}
	clash(t, h, "clean", `{"a":0,"b":0}`, `{"a":1,"b":0}`, `{"a":0,"b":2}`)
	if a := b.post(queueAt+"/bulk", url.Values{"action": {"merge"}, "scope": {"selected"}}); a.status != 303 {
		t.Errorf("nothing chosen: %d", a.status)
	}
	b.get(queueAt).shows(t, 200, "No conflict is chosen")
	a := b.post(queueAt+"/bulk", url.Values{"action": {"merge"}, "scope": {"matching"}, "view": {"open"}})
	a.shows(t, 200, "Merge 1 conflict?", "Left open: Both changed the same, and the policy leaves that to a person.", "All open conflicts of this view.", "clash/0")
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(mainOf(a.body), -1) {
		form.Add(m[1], m[2])
	}
	form.Del("_csrf")
	done := finished(t, b, b.post(queueAt+"/bulk/start", form))
	done.shows(t, 200, "Settle conflicts", "clash/0", "leaves that to a person", "Undo")
	if got := standing(t, h, "clean"); got != `{"a":1,"b":2}` {
		t.Errorf("%s stands", got)
	}
	chosen := b.post(queueAt+"/bulk", url.Values{"action": {"incoming"}, "scope": {"selected"}, "id": ids[:2]})
	chosen.shows(t, 200, "Accept incoming of 2 conflicts?", "The 2 conflicts you chose.")
	form = url.Values{"action": {"incoming"}, "scope": {"selected"}, "id": ids[:2], "count": {"2"}, "upTo": {clock.NewID(clock.System{})}, "op": {clock.NewID(clock.System{})}}
	start := b.post(queueAt+"/bulk/start", form)
	finished(t, b, start)
	if again := b.post(queueAt+"/bulk/start", form); again.header.Get("Location") != start.header.Get("Location") {
		t.Error("sent twice it is two jobs")
	}
	for i, want := range []string{`{"a":2}`, `{"a":2}`, `{"a":1}`} {
		if got := standing(t, h, fmt.Sprint("clash/", i)); got != want {
			t.Errorf("%d: %s stands", i, got)
		}
	}
	finished(t, b, b.post(start.header.Get("Location")+"/undo", url.Values{})).shows(t, 200, "Undo the settling of conflicts")
	if got := standing(t, h, "clash/0"); got != `{"a":1}` {
		t.Errorf("undone: %s stands", got)
	}
	if got := inQueue(b.get(queueAt)); len(got) != 3 {
		t.Errorf("%d wait", len(got))
	}
	for _, bad := range []url.Values{{"action": {"odd"}, "scope": {"matching"}}, {"action": {"merge"}, "scope": {"matching"}, "count": {"x"}}} {
		if a := b.post(queueAt+"/bulk/start", bad); a.status < 400 {
			t.Errorf("%v: %d", bad, a.status)
		}
	}
}

// finished waits for a job that was started.
func finished(t *testing.T, b *browser, start answer) answer {
	t.Helper()
	to := start.header.Get("Location")
	if start.status != 303 || !strings.Contains(to, "/jobs/") {
		t.Fatalf("not started: %d %q\n%s", start.status, to, mainOf(start.body))
	}
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		a := b.get(to)
		if strings.Contains(a.body, "done") && !strings.Contains(a.body, ">running<") && !strings.Contains(a.body, "running\n") {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job goes on: %s", mainOf(a.body))
		}
	}
}

// queueSize is how many conflicts wait when the page is timed.
func queueSize() (n int, most time.Duration) {
	if os.Getenv("TIDEMARK_SOAK") != "" {
		return 100_000, 50 * time.Millisecond
	}
	return 4000, 150 * time.Millisecond // beside other tests
}

func TestTheQueueOpensInTime(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	n, most := queueSize()
	tenant := h.Tenants[0].ID
	for done := 0; done < n; done += 2000 {
		err := h.Store.Commit(t.Context(), func(tx *store.CommitTx) error {
			var all []*models.Conflict
			var rows []*models.Review
			for i := done; i < min(n, done+2000); i++ {
				c := &models.Conflict{
					ID: clock.NewID(clock.System{}), TenantID: tenant, Collection: models.Storage, Owner: fmt.Sprint("u", i%997), Key: fmt.Sprintf("orders/%06d", i), Kind: models.ConflictConcurrent,
					Status: models.ConflictOpen, IncomingInstance: fmt.Sprint("d", i%5000), CurrentValue: []byte(`{"a":1}`), IncomingValue: []byte(`{"a":2}`), BaseValue: []byte(`{"a":0}`), Fields: []string{"/a"}, CreatedAt: time.Now().UnixMilli(),
				}
				if i%100 == 0 {
					c.Kind = models.ConflictDelete
				}
				all, rows = append(all, c), append(rows, models.ReviewOf(c, models.AssistNone))
			}
			if err := tx.InsertConflicts(all); err != nil {
				return err
			}
			return tx.InsertReviews(rows)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"", "?view=mine", "?view=ai", "?q=severity:high", "?q=kind:delete_update", "?q=user:u7", "?q=device:d77", "?q=orders/0001", "?q=user:u7+device:d7", "?q=older:1d", "?q=newer:1h", "?q=is:unassigned"} {
		best := time.Hour
		for range 5 {
			began := time.Now()
			a := b.get(queueAt + path)
			if took := time.Since(began); took < best {
				best = took
			}
			if a.status != 200 || strings.Contains(a.body, "is not known") {
				t.Fatalf("%s: %d", path, a.status)
			}
		}
		t.Logf("%d conflicts, %q: %v", n, path, best)
		if best > most {
			t.Errorf("with %d conflicts %q takes %v, more than %v", n, path, best, most)
		}
	}
}
