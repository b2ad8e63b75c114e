package main

import (
	"context"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

func TestSeedAndRebuild(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]string{"SQLite": "", "MariaDB": "DATABASE_URL=" + testkit.MariaDB(t).URL()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, env)
			if first := p.must("seed"); first["operations"].(float64) < 5000 {
				t.Errorf("seeded %v", first)
			}
			before, hashes := p.must("apikey", "list"), p.must("rebuild", "--verify")
			if again := p.must("seed"); again["operations"].(float64) != 0 {
				t.Errorf("seeding again did %v", again)
			}
			if after := p.must("apikey", "list"); len(after["keys"].([]any)) != len(before["keys"].([]any)) {
				t.Error("seeding again drew keys")
			}
			if hashes["equal"] != true || p.must("rebuild", "--verify")["equal"] != true {
				t.Errorf("items differ from the log: %v", hashes)
			}
			p.damage(t)
			code, out, errs := p.run("rebuild", "--verify", "--json")
			told := strings.Contains(out, `"tech-01 storage profile"`) && strings.Contains(out, `"tech-01 storage stranger"`) && !strings.Contains(out, "tampered")
			if code != exitFailure || !told || !strings.Contains(errs, "2 items not what the log says") {
				t.Errorf("damage goes unseen: %d %s%s", code, out, errs)
			}
			p.must("rebuild")
			if healed := p.must("rebuild", "--verify"); healed["equal"] != true {
				t.Errorf("still differs: %v", healed)
			}
		})
	}
}

// damage changes an item behind the log's back, and adds one the log never knew.
func (p *program) damage(t *testing.T) {
	t.Helper()
	c, err := Load(Sources{Dir: p.dir, Environ: p.env})
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.Database.options(clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	s, err := store.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // the test ends
	acme, err := s.TenantBySlug(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	it, err := s.Item(ctx, acme.ID, store.ItemKey{Owner: "tech-01", Collection: models.Storage, Key: "profile"})
	if err != nil {
		t.Fatal(err)
	}
	stranger := it
	it.Value, stranger.Key, stranger.ID = []byte(`"tampered"`), "stranger", clock.NewID(clock.System{})
	err = s.Commit(ctx, func(tx *store.CommitTx) error {
		if _, err := tx.LockHead(acme.ID); err != nil {
			return err
		}
		return tx.UpsertItems([]*models.Item{&it, &stranger})
	})
	if err != nil {
		t.Fatal(err)
	}
}
