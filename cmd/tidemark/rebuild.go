package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
)

// comparison is what came of holding a tenant's items against its log.
type comparison struct {
	Tenant    string   `json:"tenant"`
	Seq       int64    `json:"seq"`
	Items     int64    `json:"items"`
	LogHash   string   `json:"logHash"`
	ItemsHash string   `json:"itemsHash"`
	Equal     bool     `json:"equal"`
	Differing []string `json:"differing,omitempty"` // owner, collection and key
	Examples  []string `json:"examples,omitempty"`  // what is wrong with the first of them
	Rebuilt   int64    `json:"rebuilt"`
}

func (m *Main) rebuild(f *pflag.FlagSet) func(context.Context) error {
	verify := f.Bool("verify", false, "only compare")
	slug := f.String("tenant", "", "only this tenant's")
	return func(ctx context.Context) error {
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		tenants, err := s.Tenants(ctx)
		if *slug != "" && err == nil {
			tenants = make([]models.Tenant, 1)
			tenants[0], err = tenant(ctx, s, *slug)
		}
		if err != nil {
			return err
		}
		hold := engine.Rebuild
		if *verify {
			hold = engine.Verify
		}
		all := []comparison{}
		for _, t := range tenants {
			r, err := hold(ctx, s, t.ID)
			if err != nil {
				return fmt.Errorf("tenant %s: %w", t.Slug, err)
			}
			all = append(all, comparisonOf(t.Slug, r))
		}
		return m.report(all, *verify)
	}
}

func comparisonOf(slug string, r engine.Rebuilt) comparison {
	c := comparison{
		Tenant: slug, Seq: r.Seq, Items: r.Items, LogHash: r.LogHash, ItemsHash: r.ItemsHash,
		Equal: r.Equal(), Examples: r.Examples, Rebuilt: r.Repaired,
	}
	for _, k := range r.Differing {
		c.Differing = append(c.Differing, strings.Join([]string{k.Owner, k.Collection, k.Key}, " "))
	}
	return c
}

func (m *Main) report(all []comparison, verify bool) error {
	rows := [][]string{{"TENANT", "SEQ", "ITEMS", "LOG", "STORE", ""}}
	differing, equal := 0, true
	for _, c := range all {
		verdict := "equal"
		if !c.Equal {
			verdict = fmt.Sprintf("%d differ, %d rebuilt", len(c.Differing), c.Rebuilt)
		}
		differing, equal = differing+len(c.Differing), equal && c.Equal
		rows = append(rows, []string{c.Tenant, fmt.Sprint(c.Seq), fmt.Sprint(c.Items), c.LogHash[:12], c.ItemsHash[:12], verdict})
	}
	if err := m.say(map[string]any{"tenants": all, "equal": equal}, table(rows)); err != nil {
		return err
	}
	if verify && !equal {
		return fault.New(fault.Internal, "%s not what the log says; tidemark rebuild mends that", count(differing, "item"))
	}
	return nil
}
