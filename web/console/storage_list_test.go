package console_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/e2e"
)

const storagePage = "/console/t/acme/storage"

// stored writes items of a user of acme, with a tag each.
func stored(t *testing.T, h *e2e.House, user, tag string, keys ...string) {
	t.Helper()
	var ops []protocol.Op
	for _, k := range keys {
		ops = append(ops, protocol.Op{Kind: protocol.Set, Collection: models.Storage, Key: k, Value: []byte(`{"n":1}`), Tags: []string{tag}})
	}
	results, err := h.Engine.Write(context.Background(), models.Caller{TenantID: ofAcme(t, h).ID, UserID: user, Actor: "key:1", CanWrite: true, CanRead: true}, ops)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

func ofAcme(t *testing.T, h *e2e.House) models.Tenant {
	t.Helper()
	tenant, err := h.Store.TenantBySlug(context.Background(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// actions are what the audit of acme has, newest first.
func actions(t *testing.T, h *e2e.House) (out []string) {
	t.Helper()
	entries, err := h.Store.AuditEntries(context.Background(), ofAcme(t, h).ID, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Action)
	}
	return out
}

func (a answer) shows(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d instead of %d: %s", a.status, status, a.body)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Errorf("without %q: %s", part, a.body)
		}
	}
}

func (a answer) hides(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(a.body, part) {
			t.Errorf("with %q", part)
		}
	}
}

func TestStorageIsBrowsedInFoldersAndAsAList(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	b.get(storagePage).shows(t, 200, "Nothing is stored yet")
	stored(t, h, "amy", "paid", "orders/1", "orders/2", "about")
	stored(t, h, "bob", "open", "orders/9")
	a := b.get(storagePage)
	a.shows(t, 200, "?owner=amy", "?owner=bob")
	a.hides(t, "orders/1")
	a = b.get(storagePage + "?owner=amy")
	a.shows(t, 200, "orders/", "2 items", "/console/t/acme/storage/item?key=about&amp;owner=amy")
	a.hides(t, "orders%2F1", "owner=bob")
	b.get(storagePage+"?owner=amy&prefix=orders/").shows(t, 200, "item?key=orders%2F1", "item?key=orders%2F2")
	a = b.get(storagePage + "?prefix=orders/&tag=open")
	a.shows(t, 200, "item?key=orders%2F9")
	a.hides(t, "orders%2F1")
	b.get(storagePage+"?view=list").shows(t, 200, "item?key=about", "item?key=orders%2F9", "bob")
	b.get(storagePage+"?size=1024").shows(t, 200, "No item fits", "Clear filters")
	b.get(storagePage+"?age=within-1h").shows(t, 200, "item?key=about")
	for query, want := range map[string]string{"": "about k00 k01", "&sort=": "k01 k00 about", "&sort=key": "about k00 k01"} {
		stored(t, h, "eve", "x", "about", "k00")
		stored(t, h, "eve", "x", "k01")
		if query != "" {
			query = "&age=within-1h" + query
		}
		lately := b.get(storagePage + "?view=list&owner=eve" + query)
		if got := strings.Join(strings.Fields(lately.rows()), " "); strings.Index(got, "about") < strings.Index(got, "k01") != (want[0] == 'a') {
			t.Errorf("%q: %s", query, got)
		}
	}
	b.get(storagePage+"?age=older-1d").shows(t, 200, "No item fits")
	fragment := b.get(storagePage, "HX-Request: true")
	fragment.shows(t, 200, "?owner=amy")
	fragment.hides(t, "<html")
}

func TestStorageRefusesFiltersThatAreNone(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	for _, q := range []string{"age=soon", "age=within-0d", "age=older-x", "size=-1", "size=big", "deleted=maybe", "owner=" + strings.Repeat("x", 200), "prefix=%00", "tag=" + strings.Repeat("x", 65)} {
		if a := b.get(storagePage + "?" + q); a.status != 422 {
			t.Errorf("%s: %d", q, a.status)
		}
	}
	if a := b.get(storagePage + "?view=list&page=garbage!"); a.status != 400 {
		t.Errorf("a page that is none: %d", a.status)
	}
}

func TestEveryItemIsOnOnePageOfTheList(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	var keys []string
	for i := range 120 {
		keys = append(keys, fmt.Sprintf("k%03d", i))
	}
	stored(t, h, "amy", "x", keys...)
	b := signedIn(t, h)
	row := regexp.MustCompile(`item\?key=(k\d+)`)
	var seen []string
	path := storagePage + "?view=list"
	for range 5 {
		a := b.get(path)
		for _, m := range row.FindAllStringSubmatch(a.body, -1) {
			seen = append(seen, m[1])
		}
		if path = a.link("Next"); path == "" {
			break
		}
	}
	if !slices.Equal(slices.Compact(seen), keys) {
		t.Errorf("%d items on the pages: %v", len(seen), seen)
	}
}

func TestWhatPeopleWroteIsTextInStorage(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	const evil = `<script>alert(1)</script>"><img hx-get=/x>`
	stored(t, h, evil, evil, evil)
	b := signedIn(t, h)
	pages := []string{storagePage, storagePage + "?view=list", storagePage + "?" + url.Values{"owner": {evil}}.Encode(), storagePage + "?" + url.Values{"tag": {evil}, "prefix": {evil}, "owner": {evil}}.Encode()}
	for _, path := range pages {
		a := b.get(path)
		a.shows(t, 200, "&lt;script&gt;")
		a.hides(t, "<script>alert", "<img hx")
	}
	preview := b.post(storagePage+"/bulk", url.Values{"action": {"tag"}, "with": {evil}, "scope": {"matching"}})
	preview.shows(t, 200, "&lt;script&gt;")
	preview.hides(t, "<script>alert", "<img hx")
}

// ended waits until a job's page says that it goes on no more.
func (b *browser) ended(path string) answer {
	b.t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if a := b.get(path); !strings.Contains(a.body, "every 1s") {
			return a
		}
	}
	b.t.Fatalf("%s does not end", path)
	return answer{}
}

func TestManyItemsAreDeletedAfterAPreviewAndBroughtBack(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	stored(t, h, "amy", "x", "a/1", "a/2", "b")
	b := signedIn(t, h)
	preview := b.post(storagePage+"/bulk", url.Values{"action": {"delete"}, "scope": {"matching"}, "prefix": {"a/"}})
	preview.shows(t, 200, "Delete 2 items?", "a/1", "whose key begins with")
	form := formOf(preview.body)
	if a := b.send(storagePage+"/bulk/start", url.Values{"action": {"delete"}, "scope": {"matching"}, "count": {"2"}, "upTo": {"9"}}); a.status != 403 {
		t.Errorf("without a form token: %d", a.status)
	}
	a := b.send(storagePage+"/bulk/start", form)
	if a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if again := b.send(storagePage+"/bulk/start", form); again.header.Get("Location") != a.header.Get("Location") {
		t.Errorf("sent again it is another job: %d %s", again.status, again.header.Get("Location"))
	}
	done := b.ended(a.header.Get("Location"))
	done.shows(t, 200, "Delete items", "2 of 2", "Undo")
	if got := actions(t, h); !slices.Contains(got, "items.delete") {
		t.Errorf("the audit has %v", got)
	}
	b.get(storagePage+"?view=list").hides(t, "item?key=a%2F1")
	b.get(storagePage+"?deleted=only").shows(t, 200, "item?key=a%2F1")
	back := b.post(a.header.Get("Location")+"/undo", url.Values{})
	if back.status != 303 {
		t.Fatalf("%d %s", back.status, back.body)
	}
	b.ended(back.header.Get("Location")).shows(t, 200, "Bring back deleted items", "2 of 2")
	b.get(storagePage+"?view=list").shows(t, 200, "item?key=a%2F1", "item?key=a%2F2")
	b.get(storagePage+"/jobs").shows(t, 200, "Bring back deleted items", "Delete items: a/", "Amina Haddad")
}

var fieldOf = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// formOf is what the page's forms carry.
func formOf(body string) url.Values {
	out := url.Values{}
	for _, m := range fieldOf.FindAllStringSubmatch(body, -1) {
		value := strings.NewReplacer("&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(m[2])
		if m[1] == "item" || out.Get(m[1]) == "" {
			out.Add(m[1], value)
		}
	}
	return out
}

func TestChosenItemsAreTagged(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	stored(t, h, "amy", "x", "one", "two", "three")
	b := signedIn(t, h)
	chosen := url.Values{"action": {"tag"}, "with": {"new"}, "scope": {"selected"}, "item": {`["amy","one"]`, `["amy","two"]`}}
	preview := b.post(storagePage+"/bulk", chosen)
	preview.shows(t, 200, "to 2 items?", "The 2 items you chose.")
	a := b.send(storagePage+"/bulk/start", formOf(preview.body))
	if a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.ended(a.header.Get("Location")).shows(t, 200, "Add tag to items", "2 of 2")
	tagged := b.get(storagePage + "?tag=new")
	tagged.shows(t, 200, "item?key=one", "item?key=two")
	tagged.hides(t, "item?key=three")
	for name, form := range map[string]url.Values{
		"nothing chosen":   {"action": {"tag"}, "with": {"new"}, "scope": {"selected"}},
		"no tag":           {"action": {"tag"}, "scope": {"matching"}},
		"no such action":   {"action": {"format"}, "scope": {"matching"}},
		"a damaged choice": {"action": {"delete"}, "scope": {"selected"}, "item": {"one"}},
	} {
		if a := b.post(storagePage+"/bulk", form); a.status != 422 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

func TestTheNumberOfManyItemsIsTyped(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	var keys []string
	for i := range 150 {
		keys = append(keys, fmt.Sprintf("k%03d", i))
	}
	stored(t, h, "amy", "x", keys...)
	b := signedIn(t, h)
	preview := b.post(storagePage+"/bulk", url.Values{"action": {"delete"}, "scope": {"matching"}})
	preview.shows(t, 200, "Type “150” to go on")
	form := formOf(preview.body)
	form.Set("confirm", "15")
	b.send(storagePage+"/bulk/start", form).shows(t, 422, "Type “150” to go on", `value="15"`, "This was not started")
	form.Del("word")
	b.send(storagePage+"/bulk/start", form).shows(t, 422, "This was not started")
	form.Set("word", "1,50") // parted or not, as 1,204 is
	form.Set("confirm", "150")
	if a := b.send(storagePage+"/bulk/start", form); a.status != 303 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// sendFile sends a file to be imported.
func (b *browser) sendFile(file string, fields map[string]string) answer {
	b.t.Helper()
	return b.upload(storagePage+"/import", "file", file, fields)
}

// upload sends a file as a form does.
func (b *browser) upload(path, field, file string, fields map[string]string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fields["_csrf"] = b.token("/console/tenants")
	for name, value := range fields {
		_ = w.WriteField(name, value)
	}
	part, err := w.CreateFormFile(field, "f.jsonl")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil || w.Close() != nil {
		b.t.Fatal(err)
	}
	return b.do(http.MethodPost, path, &body, "Content-Type: "+w.FormDataContentType())
}

func TestAFileIsCheckedThenImportedAndExported(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	stored(t, h, "amy", "x", "old")
	b := signedIn(t, h)
	b.get(storagePage+"/import?owner=amy").shows(t, 200, "Upload and check", `value="amy"`)
	b.sendFile("", map[string]string{"owner": "amy"}).shows(t, 422, "Nothing was uploaded", "The file must be chosen", `aria-invalid="true"`, `value="amy"`)
	a := b.sendFile("{\"key\":\"new\",\"value\":[1.50]}\n{\"key\":\"old\",\"value\":2}\n<script>\n", map[string]string{"owner": "amy"})
	if a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	job := a.header.Get("Location")
	ready := b.ended(job)
	ready.shows(t, 200, "1 new, 1 exists already, 1 invalid", "line 3", "waits for you")
	b.get(storagePage+"?view=list").hides(t, "item?key=new")
	if a := b.post(job+"/start", url.Values{"policy": {"guess"}}); a.status != 422 {
		t.Errorf("a policy there is not: %d", a.status)
	}
	if a := b.post(job+"/start", url.Values{"policy": {"overwrite"}}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.ended(job).shows(t, 200, "3 of 3", "done, 1 error")
	if a := b.post(job+"/start", url.Values{"policy": {"overwrite"}}); a.status != 409 {
		t.Errorf("a second time: %d", a.status)
	}
	out := b.get(storagePage + "/export?owner=amy")
	out.shows(t, 200, `{"owner":"amy","key":"new","value":[1.50],"version":1`, `"key":"old","value":2`)
	if !strings.Contains(out.header.Get("Content-Disposition"), "attachment") || strings.Count(out.body, "\n") != 2 {
		t.Errorf("%v %s", out.header, out.body)
	}
	for _, want := range []string{"items.import", "job.start", "items.export"} {
		if got := actions(t, h); !slices.Contains(got, want) {
			t.Errorf("the audit has no %s: %v", want, got)
		}
	}
}

func TestALargeFileComesInParts(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	csrf := "X-CSRF-Token: " + b.token("/console/tenants")
	a := b.do("POST", storagePage+"/import", strings.NewReader("name=big.jsonl&owner=amy"), "Content-Type: application/x-www-form-urlencoded", csrf)
	if a.status != 201 || !strings.HasPrefix(a.body, storagePage+"/jobs/") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	job := a.body
	part := func(n int, body string) int {
		return b.do("POST", fmt.Sprintf("%s/part?n=%d", job, n), strings.NewReader(body), csrf).status
	}
	if got := []int{part(1, "x"), part(0, `{"key":"a","val`), part(0, "again"), part(1, `ue":1}`), part(2, "")}; !slices.Equal(got, []int{422, 204, 204, 204, 422}) {
		t.Errorf("%v", got)
	}
	b.get(job).shows(t, 200, "not complete", "Check what arrived")
	if a := b.post(job+"/check", url.Values{}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.ended(job).shows(t, 200, "1 new, 0 exist already, 0 invalid")
	if a := b.post(job+"/cancel", url.Values{}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.get(job).shows(t, 200, "cancelled", "The job ends.")
	if a := b.post(job+"/cancel", url.Values{}); a.status != 409 {
		t.Errorf("a second time: %d", a.status)
	}
	if a := b.get("/console/t/globex/storage/jobs/" + job[strings.LastIndex(job, "/")+1:]); a.status != 404 {
		t.Errorf("another tenant sees the job: %d", a.status)
	}
}
