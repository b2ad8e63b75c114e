package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// chainVerdict is what came of verifying a chain.
type chainVerdict struct {
	Tenant   string               `json:"tenant"` // a slug, or an id when it was deleted; empty: the installation
	Seq      int64                `json:"seq"`
	Hash     string               `json:"hash"`
	Entries  int64                `json:"entries"`
	Older    int64                `json:"older"`
	Sealed   bool                 `json:"sealed"`
	Cuts     []chainCut           `json:"cuts"`
	Problems []store.AuditProblem `json:"problems"`
	More     int64                `json:"more,omitempty"`
}

// chainCut is what retention took off a chain.
type chainCut struct {
	From    int64  `json:"from"`
	UpTo    int64  `json:"upTo"`
	Entries int64  `json:"entries"`
	At      string `json:"at"`
}

func (m *Main) auditVerify(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "only this tenant's")
	file := f.String("file", "", "an export in JSON Lines, - for the standard input; needs no database")
	return func(ctx context.Context) error {
		if *file != "" {
			return m.verifyFile(*file)
		}
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		chains, names, err := chainsOf(ctx, s, *slug)
		if err != nil {
			return err
		}
		all := make([]chainVerdict, 0, len(chains))
		for _, id := range chains {
			v, err := s.VerifyAudit(ctx, id, m.walked(names[id]))
			if err != nil {
				return err
			}
			all = append(all, verdictOf(names[id], &v))
		}
		return m.tellVerdicts(all)
	}
}

// chainsOf are the chains of everything, or of a tenant, and what people call them.
func chainsOf(ctx context.Context, s *store.Store, slug string) ([]string, map[string]string, error) {
	names := map[string]string{"": ""}
	if slug != "" {
		t, err := s.TenantNamed(ctx, slug)
		names[t.ID] = t.Slug
		return []string{t.ID}, names, err
	}
	chains, err := s.AuditChains(ctx)
	for _, id := range chains {
		t, terr := s.TenantNamed(ctx, id)
		switch {
		case id == "":
		case fault.Is(terr, fault.NotFound):
			names[id] = id
		default:
			names[id], err = t.Slug, errors.Join(err, terr)
		}
	}
	return chains, names, err
}

const tellEvery = 100_000 // entries between two signs of life

// walked tells a person how far a long chain was walked.
func (m *Main) walked(name string) func(int64) error {
	told := int64(0)
	return func(n int64) error {
		if n-told >= tellEvery {
			told = n
			m.hint("%s: %d entries so far", chainName(name), n)
		}
		return nil
	}
}

func chainName(name string) string {
	if name == "" {
		return "(installation)"
	}
	return name
}

func verdictOf(name string, v *store.AuditVerdict) chainVerdict {
	out := chainVerdict{
		Tenant: name, Seq: v.Seq, Hash: hex.EncodeToString(v.Hash), Entries: v.Entries, Older: v.Older, Sealed: v.Vouched, Cuts: []chainCut{}, Problems: v.Problems, More: v.More,
	}
	for _, c := range v.Cuts {
		out.Cuts = append(out.Cuts, chainCut{From: c.From, UpTo: c.UpTo, Entries: c.Entries, At: time.UnixMilli(c.At).UTC().Format(time.RFC3339)})
	}
	return out
}

func (m *Main) tellVerdicts(all []chainVerdict) error {
	rows, wrong, text := [][]string{{"TENANT", "ENTRIES", "UP TO", "HASH", ""}}, 0, ""
	for i := range all {
		v := &all[i]
		verdict := "whole"
		if n := int64(len(v.Problems)) + v.More; n > 0 {
			verdict, wrong = count(int(n), "problem"), wrong+1
		}
		rows = append(rows, []string{chainName(v.Tenant), fmt.Sprint(v.Entries), fmt.Sprint(v.Seq), v.Hash[:min(len(v.Hash), 12)], verdict})
		if v.Older > 0 {
			text += fmt.Sprintf("\n%s: %s from before there were chains", chainName(v.Tenant), entries(v.Older))
		}
		for _, c := range v.Cuts {
			text += fmt.Sprintf("\n%s: retention took %s away on %s, up to %d", chainName(v.Tenant), entries(c.Entries), c.At, c.UpTo)
		}
		for _, p := range v.Problems {
			text += fmt.Sprintf("\n%s: %s: %s%s", chainName(v.Tenant), p.Kind, p.Text, named(p.ID))
		}
	}
	if err := m.say(map[string]any{"chains": all, "whole": wrong == 0}, table(rows)+text); err != nil {
		return err
	}
	if wrong > 0 {
		return fault.New(fault.Internal, "the audit does not prove itself: %s", count(wrong, "chain"))
	}
	return nil
}

func named(id string) string {
	if id == "" {
		return ""
	}
	return " (" + id + ")"
}

func (m *Main) verifyFile(name string) error {
	in := m.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	found, err := engine.VerifyAuditFile(in)
	if err != nil {
		return err
	}
	all := make([]chainVerdict, 0, len(found))
	for _, v := range found {
		all = append(all, chainVerdict{Tenant: v.TenantID, Seq: v.UpTo, Hash: v.Hash, Entries: v.Entries, Older: v.Older, Cuts: []chainCut{}, Problems: v.Problems})
	}
	return m.tellVerdicts(all)
}

func (m *Main) auditExport(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "only this tenant's")
	from := f.String("from", "", "first day (UTC), such as 2026-01-31")
	to := f.String("to", "", "last day (UTC)")
	format := f.String("format", engine.AuditJSONL, "csv, or jsonl, which audit verify --file takes")
	return func(ctx context.Context) error {
		q := engine.AuditExport{Format: *format}
		var err error
		if q.From, err = dayGiven("from", *from); err != nil {
			return err
		}
		if q.To, err = dayGiven("to", *to); err != nil {
			return err
		}
		if q.To > 0 {
			q.To += (24 * time.Hour).Milliseconds()
		}
		if q.Format != engine.AuditCSV && q.Format != engine.AuditJSONL {
			return usageError{"--format must be csv or jsonl"}
		}
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		if q.Chains, _, err = chainsOf(ctx, s, *slug); err != nil {
			return err
		}
		tenant := ""
		if *slug != "" {
			tenant = q.Chains[0]
		}
		if err := s.Audit(ctx, models.AuditEntry{TenantID: tenant, Action: "audit.export", Object: tenant, Detail: engine.AuditExportDetail(q)}); err != nil {
			return err
		}
		return m.writeExport(ctx, s, q)
	}
}

func (m *Main) writeExport(ctx context.Context, s *store.Store, q engine.AuditExport) error {
	w := bufio.NewWriter(m.Stdout)
	n, err := engine.ExportAudit(ctx, s, m.Clock, w, q)
	if err := errors.Join(err, w.Flush()); err != nil {
		return err
	}
	m.hint("%s", entries(n))
	return nil
}

// dayGiven is the beginning of a day in ms; 0 where none is given.
func dayGiven(flag, day string) (int64, error) {
	if day == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0, usageError{"--" + flag + " must be a day such as 2026-01-31"}
	}
	return t.UnixMilli(), nil
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
