package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	sharedText = "The pump was noisy and warm to the touch. It was bled twice and refilled. The customer wants a quote."
	started    = `{"count":10,"labels":["a","b"],"steps":["one","two"],"text":"` + sharedText + `"}`
)

// edits are what three devices do, each to what all of them had when they went away.
func edits() map[string]string {
	event := func(op, path, value string) string {
		return fmt.Sprintf(`{"opId":"%s%s","op":%q,"key":"shared","path":%q,"value":%s,"version":1}`, op, path, op, path, value)
	}
	text := func(from, to string) string {
		return `{"opId":"text","op":"patch","key":"shared","patch":{"text":"` + strings.Replace(sharedText, from, to, 1) + `"},"version":1}`
	}
	return map[string]string{
		"phone":  strings.Join([]string{event("increment", "/count", "5"), event("addToSet", "/labels", `["c"]`), event("insert", "/steps", `{"values":["three"]}`), text("noisy", "loud")}, ","),
		"tablet": strings.Join([]string{event("increment", "/count", "-2"), event("removeFromSet", "/labels", `["a"]`), event("move", "/steps", `{"from":1,"to":0}`), text("bled twice", "bled three times")}, ","),
		"desk":   strings.Join([]string{event("increment", "/count", "0.5"), event("addToSet", "/labels", `["d","b"]`), text("a quote", "a quote before winter")}, ","),
	}
}

// TestThreeOfflineDevicesEndWithEverybodysEdits: sums, unions, lists and joined texts, whoever comes back first,
// each by the official client, which then hears what stands.
func TestThreeOfflineDevicesEndWithEverybodysEdits(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		h.Run("tenant", "create", "--slug", "merging", "--name", "Merging", "--conflict-strategy", "MERGE", "--json")
		h.key = h.mint("merging")
		for i, order := range [][]string{{"phone", "tablet", "desk"}, {"desk", "tablet", "phone"}, {"tablet", "desk", "phone"}} {
			user := fmt.Sprint("crew-", i)
			if a, err := h.as(user, "maker").put("shared", started, ""); err != nil || a.status != 200 {
				t.Fatal(a, err)
			}
			devices := map[string]*official{}
			for _, name := range order {
				d := h.official(t, being{user, name, "", true})
				d.await("sync:ready", 1)
				if got := string(d.ask("sync:get", `{"key":"shared"}`)); !strings.Contains(got, `"version":1`) {
					t.Fatal(got)
				}
				d.command(`{"do":"disconnect"}`)
				d.await("disconnect", 1)
				devices[name] = d
			}
			for _, name := range order {
				devices[name].command(`{"do":"connect"}`)
				devices[name].await("sync:ready", 2)
				got := string(devices[name].ask("sync:push", `{"events":[`+edits()[name]+`]}`))
				if strings.Contains(got, "rejected") {
					t.Errorf("%s after %v: %s", name, order, got)
				}
			}
			stands := h.stands(t, user)
			want := `{"count":13.5,"labels":["b","c","d"],"steps":["two","one","three"],"text":"The pump was loud and warm to the touch. It was bled three times and refilled. The customer wants a quote before winter."}`
			if sorted(t, stands) != sorted(t, want) {
				t.Errorf("after %v:\n%s\nwant\n%s", order, stands, want)
			}
			for name, d := range devices {
				d.awaitValue(stands)
				if t.Failed() {
					t.Fatalf("%s does not have what stands", name)
				}
			}
		}
		h.verify()
	})
}

func (h *house) stands(t *testing.T, user string) string {
	t.Helper()
	a, err := h.as(user, "maker").get("shared")
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Value)
}

// sorted is the value with its labels in order, which sets do not have.
func sorted(t *testing.T, value string) string {
	t.Helper()
	var v struct {
		Count  json.Number
		Labels []string
		Steps  []string
		Text   string
	}
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		t.Fatal(err)
	}
	slices.Sort(v.Labels)
	return fmt.Sprint(v)
}

// awaitValue waits until the client has heard of a value, by its own answer or by what others did.
func (o *official) awaitValue(value string) {
	o.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if got := string(o.ask("sync:get", `{"key":"shared"}`)); strings.Contains(got, value) && o.heard(value) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	o.t.Errorf("it never heard of %s", value)
}

func (o *official) heard(value string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, answer := range o.acks {
		if strings.Contains(string(answer), value) && strings.Contains(string(answer), "results") {
			return true
		}
	}
	for _, m := range o.seen {
		if strings.Contains(string(m.data), value) {
			return true
		}
	}
	return false
}
