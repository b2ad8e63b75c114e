package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// opened is the program's database, looked at from outside.
func (p *program) opened() *store.Store {
	p.t.Helper()
	p.must("migrate", "up")
	s, err := store.Open(p.t.Context(), store.Options{SQLite: p.dir + "/data/tidemark.db"})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = s.Close() })
	return s
}

// start does what `serve --demo` does before it listens.
func (p *program) start(ctx context.Context) (said string, err error) {
	p.t.Helper()
	var errs bytes.Buffer
	m := &Main{Stdout: &errs, Stderr: &errs, Environ: p.env, Dir: p.dir, Clock: clock.System{}}
	if err := m.ParseFlags([]string{"serve", "--demo"}); err != nil {
		p.t.Fatal(err)
	}
	_, err = m.build(ctx, true, nil)
	if err := m.Close(); err != nil {
		p.t.Error(err)
	}
	return errs.String(), err
}

func TestADemoThatWasCutShortIsFinishedByTheNextStart(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.opened()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer stop()
		for ctx.Err() == nil {
			if acme, err := s.TenantBySlug(ctx, "acme"); err == nil {
				if h, err := s.Head(ctx, acme.ID); err == nil && h.Seq > 100 {
					return
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, err := p.start(ctx)
	if err == nil || !strings.Contains(err.Error(), "the next serve --demo or seed fills in the rest") || strings.Contains(err.Error(), "cancel") {
		t.Fatalf("a stop says %v", err)
	}
	said, err := p.start(t.Context())
	if err != nil || !strings.Contains(said, "cut short") {
		t.Fatalf("%v, %s", err, said)
	}
	for _, d := range demo(monthBefore(time.Now())) {
		isWhole(t, s, d)
	}
	if keys, err := readDemoKeys(p.dir + "/data/demo-keys.json"); err != nil || len(keys.Tenants) != 2 {
		t.Errorf("keys of %d tenants: %v", len(keys.Tenants), err)
	}
	if said, err := p.start(t.Context()); err != nil || strings.Contains(said, "demo data") {
		t.Errorf("a start over the whole demo: %v, %s", err, said)
	}
	hasPeople(t, s)
	if again := p.must("seed"); again["operations"] != 0.0 {
		t.Errorf("seeding what is there: %v", again)
	}
}

// hasPeople says that the pages of users, roles and keys have something to show.
func hasPeople(t *testing.T, s *store.Store) {
	t.Helper()
	acme, err := s.TenantBySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	roles, err := s.Roles(t.Context(), acme.ID, false)
	if err != nil || len(roles) != 1 || len(roles[0].Fields) != 2 {
		t.Errorf("roles %v: %v", roles, err)
	}
	invited, err := s.Invitations(t.Context(), acme.ID)
	if err != nil || len(invited) != 1 {
		t.Errorf("%d invitations: %v", len(invited), err)
	}
	out, err := s.Member(t.Context(), acme.ID, "office-pavel")
	if err != nil || !out.Disabled {
		t.Errorf("%v: %v", out, err)
	}
	for _, who := range staffOf("acme").people {
		if a, err := s.AccountByEmail(t.Context(), who.mail); err != nil || a.PasswordHash != nil {
			t.Errorf("%s can sign in, or is not there: %v", who.mail, err)
		}
	}
	keys, err := s.APIKeys(t.Context(), acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	used, restricted := 0, 0
	for _, k := range keys {
		log, err := s.KeyRequests(t.Context(), acme.ID, k.ID, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		used += len(log)
		if !k.From.Empty() {
			restricted++
		}
	}
	if used == 0 || restricted == 0 {
		t.Errorf("%d keys are used, %d restricted", used, restricted)
	}
}

// hasEveryKind says that acme's backlog shows all there is to see of conflicts.
func hasEveryKind(t *testing.T, d demoTenant, kept []models.Conflict) {
	t.Helper()
	if d.slug != "acme" {
		return
	}
	seen := map[string]int{}
	for i := range kept {
		c := &kept[i]
		seen["kind "+string(c.Kind)]++
		seen["status "+string(c.Status)]++
		seen["strategy "+string(c.Strategy)]++
		seen["winner "+c.Winner]++
	}
	for _, want := range []string{
		"kind concurrent", "kind delete_update", "kind lost_base", "kind base_gone", "kind clock", "kind older", "status open", "status resolved",
		"strategy MERGE", "strategy MANUAL", "strategy FIRST_WRITE_WINS", "strategy LAST_WRITE_WINS", "winner current", "winner incoming", "winner merged",
	} {
		if seen[want] == 0 {
			t.Errorf("the backlog has no conflict of %s: %v", want, seen)
		}
	}
	t.Log(seen)
}

// isWhole finds what the demo says of a tenant, and nothing else.
func isWhole(t *testing.T, s *store.Store, d demoTenant) {
	t.Helper()
	live, users, last, ops := map[string]bool{}, map[string]bool{}, "", int64(0)
	for _, v := range append(d.early, d.visits...) {
		users[v.user] = true
		for _, op := range v.ops {
			live[v.user+" "+op.Key] = op.Kind != protocol.Remove && op.Key != "customers/left" // removed, and what came later waits
			last = op.OpID
			ops++
		}
	}
	var want int64
	for _, there := range live {
		if there {
			want++
		}
	}
	tenant, err := s.TenantBySlug(t.Context(), d.slug)
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Overview(t.Context(), tenant.ID, time.Now().UnixMilli())
	if err != nil || o.Items != want || o.Users != int64(len(users)) || o.Devices == 0 {
		t.Errorf("%s has %d items of %d users, want %d of %d (%v)", d.slug, o.Items, o.Users, want, len(users), err)
	}
	kept, err := s.Conflicts(t.Context(), store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: tenant.ID}}, 1_000)
	if err != nil || len(kept) == 1_000 {
		t.Fatal(len(kept), err)
	}
	changed := o.Head.Seq
	for i := range kept {
		if kept[i].ResultSeq == 0 {
			ops--
		}
	}
	if changed != ops {
		t.Errorf("%s has %d changes after %d operations that were to make one", d.slug, changed, ops)
	}
	hasEveryKind(t, d, kept)
	newest, err := s.RecentChanges(t.Context(), tenant.ID, 1)
	if err != nil || len(newest) != 1 || newest[0].OpID != last {
		t.Errorf("%s ends with %v (%v), want %s", d.slug, newest, err, last)
	}
}
