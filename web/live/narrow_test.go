package live_test

import (
	"context"
	"testing"
	"time"

	"tidemark/access"
)

func TestANarrowedKeyIsHeldToItOnItsOpenConnectionWithinASecond(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, secret, err := f.access.CreateKey(context.Background(), access.NewKey{TenantID: f.tenant.ID, Name: "wide"})
	if err != nil {
		t.Fatal(err)
	}
	f.key = secret
	c := f.dial(t, "u", "a")
	if a := c.ask("sync:set", `{"key":"mine/1","value":1}`); !a.OK {
		t.Fatalf("before: %+v", a)
	}
	k.Scopes = []string{"read", "items:write:storage/mine/*"}
	if _, err := f.access.EditKey(context.Background(), k); err != nil {
		t.Fatal(err)
	}
	late := time.Now().Add(time.Second)
	for c.ask("sync:set", `{"key":"other","value":1}`).Error.Code != "scope_missing" {
		if time.Now().After(late) {
			t.Fatal("it still writes what it may not")
		}
	}
	if a := c.ask("sync:set", `{"key":"mine/2","value":1}`); !a.OK {
		t.Fatalf("what it may still write: %+v", a)
	}
}
