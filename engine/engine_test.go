package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/store"
)

func open(t *testing.T) (*engine.Engine, *store.Store, models.Tenant) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	tn, err := s.CreateTenant(ctx, models.Tenant{Slug: "acme", Name: "Acme", RetentionDays: 30})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(ctx, engine.Options{Store: s, Node: "n1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := e.Close(c); err != nil {
			t.Error(err)
		}
		_ = s.Close()
	})
	return e, s, tn
}

func TestSmoke(t *testing.T) {
	e, _, tn := open(t)
	ctx := context.Background()
	c := models.Caller{TenantID: tn.ID, UserID: "u", CanRead: true, CanWrite: true, Actor: "key:x"}
	for i := range 10 {
		r, err := e.Write(ctx, c, []protocol.Op{{Kind: protocol.Set, Collection: "storage", Key: fmt.Sprint("k", i%3), Value: []byte(`{"a":1}`)}})
		if err != nil || r[0].Err != nil {
			t.Fatal(err, r)
		}
		t.Log(r[0])
	}
	one := int64(1)
	r, err := e.Write(ctx, c, []protocol.Op{{Kind: protocol.Set, Collection: "storage", Key: "k0", Base: &one, Value: []byte(`2`)}})
	t.Log(r, err)
	p, err := e.Pull(ctx, c, engine.PullQuery{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(p.Events), p.Cursor)
	p, err = e.Pull(ctx, c, engine.PullQuery{Since: p.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	l, err := e.List(ctx, c, engine.ListQuery{Limit: 2})
	t.Log(l.Items, l.NextPage, err)
	l, err = e.List(ctx, c, engine.ListQuery{Limit: 2, Page: l.NextPage})
	t.Log(l.Items, l.NextPage, err)
}
