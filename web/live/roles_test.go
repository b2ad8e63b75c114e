package live_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/models"
)

// eventData is what a test sends with each event; an event without any is not tested, which is an error.
var eventData = map[string]string{
	"connect": "", "sync:set": `{"key":"k","value":1}`, "sync:remove": `{"key":"k"}`, "sync:get": `{"key":"k"}`, "sync:getAll": `{}`, "sync:subscribe": `{"prefix":"k"}`,
	"sync:unsubscribe": `{"prefix":"k"}`, "sync:push": `{"events":[]}`, "sync:pull": `{}`, "sync:ack": `{}`, "sync:auth": `{"token":"x"}`,
}

func TestEveryEventIsOpenToEveryRoleAsTheTableSays(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	own := models.Role{TenantID: f.tenant.ID, Name: "clerk", Title: "Clerk", Grants: []string{"items:read"}}
	if _, err := f.access.AddRole(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	roles, err := f.access.Roles(t.Context(), f.tenant.ID)
	if err != nil || len(roles) != 8 {
		t.Fatalf("%d roles: %v", len(roles), err)
	}
	for _, role := range roles {
		user := "u-" + role.Name
		if _, err := f.store.AddMember(t.Context(), models.Member{TenantID: f.tenant.ID, UserID: user, Role: role.Name}); err != nil {
			t.Fatal(err)
		}
		f.access.Forget()
		f.key = f.mint(t, access.NewKey{Name: role.Name, UserID: user, Scopes: access.Scopes()})
		may := func(p access.Permission) bool {
			why, err := f.access.Why(t.Context(), f.tenant.ID, role.Name, p, "")
			if err != nil {
				t.Fatal(err)
			}
			return p == access.Authenticated || why.Allowed
		}
		conn, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}})
		if res != nil {
			_ = res.Body.Close()
		}
		if open := err == nil; open != may(access.Events["connect"]) {
			t.Errorf("%s: it connects is %v: %v", role.Name, open, err)
		}
		if err != nil {
			continue
		}
		c := &client{t, conn}
		c.expect("pending-updates")
		c.expect("sync:ready")
		for _, event := range slices.Sorted(maps.Keys(access.Events)) {
			data, known := eventData[event]
			switch {
			case !known:
				t.Errorf("%s has no test data", event)
				continue
			case event == "connect":
				continue
			}
			c.send(fmt.Sprintf(`{"event":%q,"id":1,"data":%s}`, event, data))
			if a := c.ack(); (a.Error.Code == "scope_missing") == may(access.Events[event]) {
				t.Errorf("%s: %s answers %q", role.Name, event, a.Error.Code)
			}
		}
		_ = conn.Close()
	}
}

// ack passes over what else comes before the next ack.
func (c *client) ack() (a answer) {
	c.t.Helper()
	for {
		m, err := c.next()
		if err != nil {
			c.t.Fatal(err)
		}
		if m.Event == "ack" {
			if err := json.Unmarshal(m.Data, &a); err != nil {
				c.t.Fatal(err)
			}
			return a
		}
	}
}

// byToken is a device of a user who signed in.
func (f *fixture) byToken(t *testing.T, user string) *client {
	t.Helper()
	claims := jwt.MapClaims{"tenantId": f.tenant.ID, "sub": user, "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("not a secret, but long enough for a test"))
	if err != nil {
		t.Fatal(err)
	}
	conn, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"Authorization": {"Bearer " + token}, "X-Instance-Id": {"phone"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{t, conn}
	c.expect("pending-updates")
	c.expect("sync:ready")
	return c
}

func TestARoleThatReadsLessEvictsOnOpenConnectionsWithinASecond(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	role, err := f.access.AddRole(t.Context(), models.Role{TenantID: f.tenant.ID, Name: "clerk", Title: "Clerk", Grants: []string{"items:read", "items:write"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.store.AddMember(t.Context(), models.Member{TenantID: f.tenant.ID, UserID: "u", Role: "clerk"})
	if err != nil {
		t.Fatal(err)
	}
	f.access.Forget()
	w, r := f.dial(t, "u", "desk"), f.byToken(t, "u")
	for _, key := range []string{"orders/1", "secret"} {
		w.ask("sync:set", fmt.Sprintf(`{"key":%q,"value":1}`, key))
		r.expect("sync:update")
	}
	role.Grants = []string{"items:read:storage/orders/*"}
	begun := time.Now()
	if _, err := f.access.EditRole(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	told := r.expect("pending-updates")
	if late := time.Since(begun); late > time.Second || !strings.Contains(string(told.Data), `"secret"`) || !strings.Contains(string(told.Data), "evict") {
		t.Errorf("after %v it is told %s", late, told.Data)
	}
	if a := r.ask("sync:set", `{"key":"orders/1","value":3}`); a.Error.Code != "scope_missing" {
		t.Errorf("it writes %+v", a)
	}
	m.Disabled, begun = true, time.Now()
	if _, err := f.access.EditMember(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if code, reason := r.expectClose(); code != 1008 || reason != "revoked" || time.Since(begun) > time.Second {
		t.Errorf("shut out, it is closed with %d %s after %v", code, reason, time.Since(begun))
	}
}
