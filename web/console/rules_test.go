package console_test

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/e2e"
)

const rulesPath = "/console/t/acme/conflicts/rules"

// disagree makes an open conflict of an item, at {"a":1}, to which another device wrote {"a":2,"b":2}.
func disagree(t *testing.T, h *e2e.House, key string) (id string) {
	t.Helper()
	tenant := of(t, h, "acme")
	write := func(device, value string, base int64) protocol.Result {
		t.Helper()
		who := models.Caller{TenantID: tenant.ID, UserID: "ann", InstanceID: device, Actor: "key:test", CanRead: true, CanWrite: true, Strategy: tenant.Strategy, RequestID: "r"}
		o := protocol.Op{Kind: protocol.Set, Collection: models.Storage, Key: key, Value: []byte(value)}
		if base > 0 {
			o.Base = &base
		}
		r, err := h.Engine.Write(t.Context(), who, []protocol.Op{o})
		if err != nil {
			t.Fatal(err)
		}
		return r[0]
	}
	write("phone", `{"a":0}`, 0)
	write("phone", `{"a":1}`, 1)
	return write("laptop", `{"a":2,"b":2}`, 1).ConflictID
}

func decideFor(t *testing.T, h *e2e.House, id string, s models.Strategy) {
	t.Helper()
	who := models.Caller{TenantID: of(t, h, "acme").ID, AllUsers: true, Actor: "account:1", CanRead: true, CanWrite: true, RequestID: "r"}
	if _, err := h.Engine.Resolve(t.Context(), who, id, engine.Resolution{Strategy: s}); err != nil {
		t.Fatal(err)
	}
}

func policies(t *testing.T, h *e2e.House) []models.ConflictPolicy {
	t.Helper()
	all, err := h.Store.Policies(t.Context(), of(t, h, "acme").ID)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tried sends a form of a policy and follows it to its dry run.
func (b *browser) tried(t *testing.T, path string, form url.Values) (job, body string) {
	t.Helper()
	a := b.post(path, form)
	job = a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(job, rulesPath+"/dry/") {
		t.Fatalf("%d %s\n%s", a.status, job, a.body)
	}
	page := b.get(job)
	if page.status != 200 {
		t.Fatalf("%d %s", page.status, page.body)
	}
	return job, page.body
}

func holds(t *testing.T, body string, wanted ...string) {
	t.Helper()
	plain := html.UnescapeString(body)
	for _, want := range wanted {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is not in\n%s", want, body)
		}
	}
}

func TestAPolicyIsTriedSavedEditedAndDeleted(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for i := range 3 {
		disagree(t, h, fmt.Sprint("orders/", i))
	}
	disagree(t, h, "notes/1")
	holds(t, b.get(rulesPath).body, "There are no policies", "A person decides.")
	job, body := b.tried(t, rulesPath+"/new", url.Values{"pattern": {"orders/*"}, "strategy": {"LAST_WRITE_WINS"}})
	holds(t, body, "It would have changed 3 of 4 conflicts.", "The write that came in", "orders/2", "to be added", "with the policies as they are: 4")
	if len(policies(t, h)) != 0 {
		t.Error("a dry run saved the policy")
	}
	if a := b.post(job+"/save", url.Values{}); a.status != 303 || a.header.Get("Location") != rulesPath {
		t.Fatalf("%d %s", a.status, a.body)
	}
	made := policies(t, h)
	if len(made) != 1 || made[0].Pattern != "orders/*" || made[0].Strategy != models.StrategyLWW {
		t.Fatalf("%+v", made)
	}
	page := b.get(rulesPath).body
	holds(t, page, "The policy is saved.", "The later write stands.", "Every collection")
	undo := undoIn(t, page)
	b.post(undo.action, undo.fields)
	if len(policies(t, h)) != 0 {
		t.Error("what was saved is not taken back")
	}
	back := undoIn(t, b.get(rulesPath).body)
	b.post(back.action, back.fields)
	now := policies(t, h)
	if len(now) != 1 || now[0].Strategy != models.StrategyLWW {
		t.Fatalf("%+v", now)
	}
	at := rulesPath + "/" + now[0].ID
	holds(t, b.get(at).body, `value="orders/*"`, "What if it were gone?")
	job, body = b.tried(t, at, url.Values{"pattern": {"orders/*"}, "strategy": {"FIRST_WRITE_WINS"}, "version": {"3"}})
	holds(t, body, "to be changed", "It would have changed 3 of 4 conflicts.")
	b.post(job+"/save", url.Values{})
	if edited := policies(t, h); len(edited) != 1 || edited[0].Strategy != models.StrategyFWW || edited[0].Version != 4 {
		t.Fatalf("%+v", edited)
	}
	undo = undoIn(t, b.get(rulesPath).body)
	b.post(undo.action, undo.fields)
	if was := policies(t, h); was[0].Strategy != models.StrategyLWW || was[0].Version != 5 {
		t.Errorf("%+v", was)
	}
	if a := b.post(job+"/save", url.Values{}); a.status != 303 {
		t.Errorf("%d", a.status)
	}
	holds(t, b.get(job).body, "Nothing was saved", "were changed since")
	job, body = b.tried(t, at+"/delete", url.Values{"version": {"5"}, "do": {"try"}})
	holds(t, body, "to be taken away", "Delete the policy")
	b.post(job+"/save", url.Values{})
	if left := policies(t, h); len(left) != 0 {
		t.Errorf("%+v", left)
	}
	holds(t, b.get(rulesPath).body, "Policies in the trash", "orders/*", "The policy is in the trash.")
	entries, err := h.Store.AuditEntries(t.Context(), of(t, h, "acme").ID, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "policy.") {
			did = append(did, strings.TrimPrefix(e.Action, "policy."))
		}
	}
	slices.Reverse(did)
	if got := strings.Join(did, " "); got != "dryrun create delete restore dryrun edit edit dryrun delete" {
		t.Errorf("%s", got)
	}
}

func TestAFormOfAPolicyComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	if _, err := h.Store.AddPolicy(t.Context(), models.ConflictPolicy{TenantID: of(t, h, "acme").ID, Pattern: "taken/*", Strategy: models.StrategyManual}); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		form url.Values
		want []string
	}{
		"an unknown strategy": {url.Values{"pattern": {"x<b>*"}, "strategy": {"COIN"}}, []string{`value="x<b>*"`, "The strategy must be one of"}},
		"a star within":       {url.Values{"pattern": {"a*b"}, "strategy": {"MANUAL"}}, []string{"The keys must be a key of at most"}},
		"a pointer":           {url.Values{"of": {"field"}, "path": {"stock"}, "kind": {"counter"}}, []string{`value="stock"`, "The field must be a JSON pointer"}},
		"no pointer":          {url.Values{"of": {"field"}, "kind": {"counter"}}, []string{"The field must be there."}},
		"a confidence":        {url.Values{"strategy": {"AI_ASSISTED"}, "threshold": {"many"}}, []string{`value="many"`, "The confidence must be a number"}},
		"one for these keys":  {url.Values{"pattern": {"taken/*"}, "strategy": {"MERGE"}}, []string{"there is one for these keys"}},
	} {
		a := b.post(rulesPath+"/new", c.form)
		if a.status != 422 {
			t.Errorf("%s: %d", what, a.status)
		}
		holds(t, a.body, append(c.want, "Not everything is right yet", `aria-invalid="true"`)...)
	}
	at := rulesPath + "/" + policies(t, h)[0].ID
	if a := b.post(at, url.Values{"pattern": {"typed/*"}, "strategy": {"MERGE"}, "version": {"9"}}); a.status != 409 {
		t.Errorf("%d", a.status)
	} else {
		holds(t, a.body, "Somebody changed this policy", `value="typed/*"`)
	}
	for _, path := range []string{rulesPath + "/none", rulesPath + "/dry/none"} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := b.get("/console/t/globex/conflicts/rules/" + policies(t, h)[0].ID); a.status != 404 {
		t.Errorf("another tenant's: %d", a.status)
	}
}

func TestThePageSaysWhichPolicyApplies(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for _, p := range []models.ConflictPolicy{{Strategy: models.StrategyManual}, {Pattern: "orders/*", Strategy: models.StrategyMerge}, {Path: "/stock", Kind: models.MergeCounter}, {Pattern: "notes/*", Strategy: models.StrategyLWW}} {
		p.TenantID = of(t, h, "acme").ID
		if _, err := h.Store.AddPolicy(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	body := b.get(rulesPath + "?key=orders/7").body
	holds(t, body, "Both are merged; where both changed the same, a person decides.", "decides", "gives way", "not for this key", "holds for its field", "names more of the key")
	holds(t, b.get(rulesPath+"?key=&collection=x").body, `aria-invalid="true"`)
}

func TestOffersAreShownDismissedAndTakenBack(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	var last string
	for i := range 3 {
		last = disagree(t, h, fmt.Sprint("orders/", i))
		decideFor(t, h, last, models.StrategyFWW)
	}
	page := b.get(rulesPath).body
	holds(t, page, "Drawn from decisions", "From 3 decisions", "orders/*", "/console/t/acme/conflicts/"+last)
	dismiss := page[strings.Index(page, rulesPath+"/offers/"):]
	dismiss = dismiss[:strings.Index(dismiss, `"`)]
	if a := b.post(dismiss, url.Values{}); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	page = b.get(rulesPath).body
	if strings.Contains(page, "Drawn from decisions") {
		t.Error("it is offered again")
	}
	undo := undoIn(t, page)
	b.post(undo.action, undo.fields)
	holds(t, b.get(rulesPath).body, "Drawn from decisions")
}

func TestTheFiguresOfConflictsLinkToTheirRows(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	holds(t, b.get("/console/t/acme/conflicts/stats").body, "No conflicts", "Nothing waits for a person.")
	for i := range 3 {
		id := disagree(t, h, fmt.Sprint("orders/", i))
		if i == 0 {
			decideFor(t, h, id, models.StrategyLWW)
		}
	}
	body := b.get("/console/t/acme/conflicts/stats?range=24h").body // another range: what took long may be told again
	holds(t, body, "Settled by people", "orders/", "laptop", "1 settled", "2 open", "Nobody in particular", "q=key%3Aorders%2F%2A+newer%3A24h&view=open", "Show as table", "q=kind%3Aconcurrent+newer%3A24h&view=open")
	if a := b.get("/console/t/acme/conflicts/stats?range=1y"); a.status != 422 {
		t.Errorf("%d", a.status)
	}
}

func TestAPolicyComesBackFromTheTrashUnlessAnotherTookItsPlace(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	ctx, acme := t.Context(), of(t, h, "acme").ID
	p, err := h.Store.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme, Pattern: "orders/*", Strategy: models.StrategyLWW})
	must(t, err)
	at := rulesPath + "/" + p.ID
	b.post(at+"/delete", url.Values{"version": {"1"}})
	restore := url.Values{"version": {"2"}}
	other, err := h.Store.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme, Pattern: "orders/*", Strategy: models.StrategyFWW})
	must(t, err)
	for version, told := range map[string]string{"2": "was made meanwhile", "1": "was changed in the meantime"} {
		if a := b.post(at+"/restore", url.Values{"version": {version}}); a.status != 303 {
			t.Errorf("%d", a.status)
		}
		holds(t, b.get(rulesPath).body, told)
	}
	_, err = h.Store.DeletePolicy(ctx, other)
	must(t, err)
	b.post(at+"/restore", restore)
	if now := policies(t, h); len(now) != 1 || now[0].ID != p.ID || now[0].Version != 3 {
		t.Errorf("%+v", now)
	}
	if a := b.post(at+"/restore", restore); a.status != 404 {
		t.Errorf("out of the trash: %d", a.status)
	}
}
