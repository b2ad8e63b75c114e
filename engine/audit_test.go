package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// audited is a store with a chain of entries, one an hour.
func audited(t *testing.T, entries int) (*store.Store, *clock.Manual, models.Tenant) {
	t.Helper()
	c := clock.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	s, err := store.Open(t.Context(), store.Options{SQLite: t.TempDir() + "/t.db", Clock: c, AuditKey: "a key for tests"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tenant, err := s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries - 1 {
		c.Advance(time.Hour)
		if err := s.Audit(t.Context(), models.AuditEntry{TenantID: tenant.ID, Action: "test", Object: fmt.Sprint(i), Detail: []byte(`{"a": "<&>\u2028é\ud83d\ude00", "n": 1.50}`)}); err != nil {
			t.Fatal(err)
		}
	}
	return s, c, tenant
}

func exported(t *testing.T, s *store.Store, c clock.Clock, q engine.AuditExport) string {
	t.Helper()
	var b bytes.Buffer
	q.Format = engine.AuditJSONL
	if _, err := engine.ExportAudit(t.Context(), s, c, &b, q); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnExportedStretchProvesItself(t *testing.T) {
	t.Parallel()
	s, c, tenant := audited(t, 20)
	from := time.Date(2026, 1, 2, 8, 4, 0, 0, time.UTC).UnixMilli() // entry 6 is of 08:04:05
	text := exported(t, s, c, engine.AuditExport{Chains: []string{tenant.ID}, From: from, To: from + 10*time.Hour.Milliseconds()})
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	verify := func(lines ...string) engine.AuditFile {
		t.Helper()
		found, err := engine.VerifyAuditFile(strings.NewReader(strings.Join(lines, "")))
		if err != nil || len(found) != 1 {
			t.Fatalf("%+v: %v", found, err)
		}
		return found[0]
	}
	if f := verify(lines...); f.From != 6 || f.UpTo != 15 || f.Entries != 10 || len(f.Problems) != 0 {
		t.Fatalf("%+v", f)
	}
	if !strings.Contains(lines[1], `"detail":{"a":"<&>\u2028é\ud83d\ude00","n":1.50}`) {
		t.Errorf("the details are not as they were: %s", lines[1])
	}
	with := func(at int, line string) []string {
		out := append([]string{}, lines...)
		out[at] = line
		return out
	}
	swapped := append([]string{}, lines...)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	for name, tt := range map[string]struct {
		lines []string
		kind  string
		seq   int64
	}{
		"a changed entry":        {with(3, strings.Replace(lines[3], `"n":1.50`, `"n":1.5`, 1)), store.AuditChanged, 8},
		"the first one changed":  {with(1, strings.Replace(lines[1], `"test"`, `"tost"`, 1)), store.AuditChanged, 6},
		"a removed entry":        {with(3, ""), store.AuditRemoved, 8},
		"the first one removed":  {with(1, ""), store.AuditRemoved, 6},
		"the last one removed":   {with(10, ""), store.AuditRemoved, 14},
		"a file that is cut off": {lines[:6], store.AuditRemoved, 11},
		"an entry twice":         {with(3, lines[3]+lines[3]), store.AuditInserted, 8},
		"two that change places": {swapped, store.AuditRemoved, 8},
		"another chain's entry":  {with(3, strings.ReplaceAll(lines[3], tenant.ID, "elsewhere")), store.AuditInserted, 8},
	} {
		f := verify(tt.lines...)
		found := false
		for _, p := range f.Problems {
			found = found || p.Kind == tt.kind && p.Seq == tt.seq
		}
		if !found {
			t.Errorf("%s: %+v", name, f.Problems)
		}
	}
	for _, bad := range []string{"", "{", "[]", "time,actor\n", lines[1]} {
		if found, err := engine.VerifyAuditFile(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: %+v", bad, found)
		}
	}
}

func TestRetentionOfTheAuditIsSwept(t *testing.T) {
	t.Parallel()
	s, c, tenant := audited(t, 24*40)
	for _, tt := range []struct {
		days int
		left int64
	}{{0, 24 * 40}, {30, 24*30 + 0}} {
		e, err := engine.New(t.Context(), engine.Options{Store: s, Clock: c, Node: "n", AuditDays: tt.days})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := e.CutAudit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		v, err := s.VerifyAudit(t.Context(), tenant.ID, nil)
		if err != nil || !v.Whole() || v.Entries < tt.left || v.Entries > tt.left+1 {
			t.Errorf("kept for %d days: %d entries, %+v: %v", tt.days, v.Entries, v.Problems, err)
		}
	}
	text := exported(t, s, c, engine.AuditExport{Chains: []string{tenant.ID}})
	if found, err := engine.VerifyAuditFile(strings.NewReader(text)); err != nil || len(found[0].Problems) != 0 || found[0].From < 200 {
		t.Errorf("an export behind the cut: %+v: %v", found, err)
	}
}
