package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/e2e"
)

const hostileDevice = "<b onmouseover=\"x\">hx-get=\"/e\" \u202etxt 😀"

// wire is a live connection that takes everything and says how it was closed.
type wire chan string

func (wire) Format() protocol.Format   { return protocol.PlainWS }
func (wire) Send(*protocol.Frame) bool { return true }
func (wire) Probe()                    {}
func (w wire) Close(code string)       { w <- code }
func devicePath(path, user, id string) string {
	return "/console/t/acme/devices/item" + path + "?" + url.Values{"user": {user}, "id": {id}}.Encode()
}

// connected is a device of the first tenant with a live connection.
func connected(t *testing.T, h *e2e.House, user, id, agent string) wire {
	t.Helper()
	w := make(wire, 4)
	s, err := h.Engine.Connect(t.Context(), models.Caller{
		TenantID: h.Tenants[0].ID, UserID: user, InstanceID: id, Actor: "key:1", CanRead: true, CanWrite: true, Door: models.DoorSocketIO, Address: "10.1.2.3", UserAgent: agent,
	}, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return w
}

func TestDevicesAreListedAsTextWithTheirStates(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	if a := b.get("/console/t/acme/devices"); !strings.Contains(a.body, "No device has connected yet") {
		t.Errorf("without devices: %s", a.body)
	}
	connected(t, h, hostileDevice, hostileDevice, hostileDevice+" Chrome/1")
	if err := h.Store.SaveInstances(t.Context(), []models.Instance{
		{TenantID: h.Tenants[0].ID, UserID: "dana", ID: "tablet-7", ClockSkew: true, Address: "192.0.2.9", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"},
		{TenantID: h.Tenants[1].ID, UserID: "dana", ID: "of globex"},
	}); err != nil {
		t.Fatal(err)
	}
	a := b.get("/console/t/acme/devices")
	for _, part := range []string{"tablet-7", "dana", "Firefox on Linux", "192.0.2.9", "clock ahead", "connected", "away", "10.1.2.3", "Socket.IO", "All 2", "Connected 1", "Away 1"} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the list lacks %q", part)
		}
	}
	for path, want := range map[string][2]bool{ // whether the hostile one is there, and the tablet
		"?state=connected": {true, false}, "?state=away": {false, true}, "?state=lagging": {false, false}, "?state=odd": {true, true}, "?q=FIREFOX": {false, true},
		"?user=dana": {false, true}, "?user=Dana": {false, false}, "?sort=lag": {true, true}, "?sort=user": {true, true}, "?q=%25": {false, false},
	} {
		body := b.get("/console/t/acme/devices" + path).body
		if got := [2]bool{strings.Contains(body, "&lt;b onmouseover"), strings.Contains(body, `title="tablet-7"`)}; path != "?q=%25" && got != want || got[1] != want[1] {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{"", "/item?" + url.Values{"user": {hostileDevice}, "id": {hostileDevice}}.Encode(), "/item/forget?" + url.Values{"user": {hostileDevice}, "id": {hostileDevice}}.Encode(), "?" + url.Values{"q": {hostileDevice}, "user": {hostileDevice}}.Encode()} {
		a := b.get("/console/t/acme/devices" + path)
		if a.status != 200 || strings.Contains(a.body, "<b onmouseover") || strings.Contains(a.body, `hx-get="/e"`) || !strings.Contains(a.body, "&lt;b onmouseover") || strings.Contains(a.body, "of globex") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := b.get("/console/t/acme/devices?page=garbage"); a.status != 400 || !strings.Contains(a.body, "Begin at its first page") {
		t.Errorf("a page that is none: %d", a.status)
	}
}

func TestDevicesComeInPages(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	var all []models.Instance
	for i := range 120 {
		all = append(all, models.Instance{TenantID: h.Tenants[0].ID, UserID: "u", ID: fmt.Sprintf("d%03d", i), Mark: int64(i)})
	}
	if err := h.Store.SaveInstances(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	path, seen := "/console/t/acme/devices?sort=lag", 0
	for range 3 {
		a := b.get(path)
		seen += strings.Count(a.body, `<tr class="border-b`)
		if path = a.link("Next"); path == "" {
			break
		}
	}
	if seen != 120 {
		t.Errorf("%d devices on three pages", seen)
	}
}

func TestTheDevicePageTellsWhatWaits(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for i := range 3 {
		write(t, h, 0, fmt.Sprint("key<", i))
	}
	if err := h.Store.SaveInstances(t.Context(), []models.Instance{{TenantID: h.Tenants[0].ID, UserID: "default", ID: "phone", Mark: 1}}); err != nil {
		t.Fatal(err)
	}
	a := b.get(devicePath("", "default", "phone"))
	for _, part := range []string{"2 changes, oldest first", "key&lt;1", "key&lt;2", "/console/t/acme/storage/item?key=key%3C1&amp;owner=default", "#1 of #3", "2 changes waiting", `href="/console/t/acme/devices"`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(a.body, "key&lt;0") {
		t.Error("what it has is pending")
	}
	for _, path := range []string{devicePath("", "default", "Phone"), devicePath("", "", ""), devicePath("/forget", "nobody", "phone"), strings.Replace(devicePath("", "default", "phone"), "acme", "globex", 1)} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := b.get(devicePath("", "default", "phone"), "HX-Request: true"); a.status != 200 || strings.Contains(a.body, "<html") {
		t.Errorf("as a fragment: %d", a.status)
	}
}

func TestADeviceIsDisconnectedAndForgottenByItsAdministrator(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	w := connected(t, h, "dana", "phone", "x")
	form := func() url.Values { return url.Values{"user": {"dana"}, "id": {"phone"}} }
	for _, path := range []string{"/console/t/acme/devices/item/disconnect", "/console/t/acme/devices/item/forget"} {
		if a := b.send(path, url.Values{"user": {"dana"}, "id": {"phone"}, "confirm": {"phone"}}); a.status != 403 {
			t.Errorf("%s without a token: %d", path, a.status)
		}
	}
	a := b.post("/console/t/acme/devices/item/disconnect", form())
	if to := a.header.Get("Location"); a.status != 303 || to != devicePath("", "dana", "phone") {
		t.Fatalf("%d to %q", a.status, to)
	}
	if code := <-w; code != "unavailable" {
		t.Errorf("it was closed with %q", code)
	}
	if a := b.get(devicePath("", "dana", "phone")); !strings.Contains(a.body, "phone\u2069 was disconnected") {
		t.Error("the toast is missing")
	}
	if a := b.get(devicePath("/forget", "dana", "phone")); a.status != 200 || !strings.Contains(a.body, "Its cursor at change 0 of 0 is lost") || !strings.Contains(a.body, "Nothing waits for it") {
		t.Errorf("the question: %d %s", a.status, a.body)
	}
	wrong := form()
	wrong.Set("confirm", "fone")
	if a := b.post("/console/t/acme/devices/item/forget", wrong); a.status != 422 || !strings.Contains(a.body, `value="fone"`) || !strings.Contains(a.body, "Type “\u2068phone\u2069” exactly.") {
		t.Errorf("the wrong word: %d %s", a.status, a.body)
	}
	right := form()
	right.Set("confirm", "phone")
	if a := b.post("/console/t/acme/devices/item/forget", right); a.status != 303 || a.header.Get("Location") != "/console/t/acme/devices" {
		t.Fatalf("forget: %d %s", a.status, a.body)
	}
	if a := b.get("/console/t/acme/devices"); !strings.Contains(a.body, "phone\u2069 was forgotten") || strings.Contains(a.body, `title="phone"`) {
		t.Error("it is still there, or nothing was told")
	}
	if a := b.post("/console/t/acme/devices/item/forget", form()); a.status != 404 {
		t.Errorf("once more: %d", a.status)
	}
	entries, err := h.Store.AuditEntries(t.Context(), h.Tenants[0].ID, "", 20)
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "device.") && strings.HasPrefix(e.Actor, "account:") && e.Address == "127.0.0.1" && e.RequestID != "" {
			acts = append(acts, e.Action+" "+e.Object)
		}
	}
	if d := cmp.Diff([]string{"device.forget phone", "device.disconnect phone"}, acts); d != "" {
		t.Error(d)
	}
}

func TestADeviceThatLeftMeanwhileIsToldOf(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	if err := h.Store.SaveInstances(t.Context(), []models.Instance{{TenantID: h.Tenants[0].ID, UserID: "dana", ID: "phone"}}); err != nil {
		t.Fatal(err)
	}
	if a := b.get(devicePath("", "dana", "phone")); strings.Contains(a.body, "/disconnect") {
		t.Error("a device that is away can be disconnected")
	}
	if a := b.post("/console/t/acme/devices/item/disconnect", url.Values{"user": {"dana"}, "id": {"phone"}}); a.status != 303 {
		t.Errorf("%d", a.status)
	}
	if a := b.get(devicePath("", "dana", "phone")); !strings.Contains(a.body, "was not connected any more") {
		t.Error("nothing was told")
	}
}

func TestTheDevicePageFollowsItsDevice(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for i := range 3 {
		write(t, h, 0, fmt.Sprint("key<", i))
	}
	in := models.Instance{TenantID: h.Tenants[0].ID, UserID: "default", ID: hostileDevice, Mark: 1}
	save := func() {
		t.Helper()
		if err := h.Store.SaveInstances(t.Context(), []models.Instance{in}); err != nil {
			t.Fatal(err)
		}
	}
	save()
	path := devicePath("/stream", "default", hostileDevice)
	if a := b.get(devicePath("", "default", hostileDevice)); !strings.Contains(a.body, `sse-connect="`+strings.ReplaceAll(path, "&", "&amp;")+`"`) {
		t.Errorf("the page has no stream: %s", a.body)
	}
	if a := b.get(devicePath("", "default", hostileDevice) + "&paused=1"); strings.Contains(a.body, "sse-connect") {
		t.Error("a paused page has a stream")
	}
	events := b.listen(path)
	if e := next(t, events, "device", "2 changes, oldest first"); !strings.Contains(e.data, "key&lt;1") || strings.Contains(e.data, "<b onmouseover") {
		t.Errorf("%+v", e)
	}
	in.Mark = 3
	save()
	if e := next(t, events, "device", "#3 of #3"); !strings.Contains(e.data, "Up to date") {
		t.Errorf("what it has taken: %+v", e)
	}
	if err := h.Engine.Forget(t.Context(), in.TenantID, in.UserID, in.ID); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, "device", "This device was forgotten"); strings.Contains(e.data, "Disconnect") {
		t.Errorf("once it is forgotten: %+v", e)
	}
}
