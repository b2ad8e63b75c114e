package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"

	"tidemark/models"
	"tidemark/store"
)

type tenantView struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`
	Name      string `json:"name"`
	Strategy  string `json:"conflictStrategy,omitempty"`
	Suspended bool   `json:"suspended"`
	CreatedAt string `json:"createdAt"`
}

func viewTenant(t models.Tenant) tenantView {
	return tenantView{t.ID, t.Slug, t.Name, string(t.Strategy), t.Suspended, when(t.CreatedAt)}
}

// when writes ms since the epoch for people and programs; empty for never.
func when(at int64) string {
	if at == 0 {
		return ""
	}
	return time.UnixMilli(at).UTC().Format(time.RFC3339)
}

func (m *Main) tenantCreate(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("slug", "", "short name for commands and addresses")
	name := f.String("name", "", "name people see")
	strategy := f.String("conflict-strategy", "", "LAST_WRITE_WINS, FIRST_WRITE_WINS or MERGE; unset: a stale write is refused and waits for review")
	return func(ctx context.Context) error {
		if *slug == "" {
			return usageError{"tenant create needs --slug"}
		}
		s, err := m.migrated(ctx)
		if err != nil {
			return err
		}
		t, err := s.CreateTenant(ctx, models.Tenant{Slug: *slug, Name: *name, Strategy: models.Strategy(*strategy)})
		if err != nil {
			return err
		}
		return m.say(viewTenant(t), fmt.Sprintf("tenant %s made (%s)", t.Slug, t.ID))
	}
}

func (m *Main) tenantList(*pflag.FlagSet) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := m.migrated(ctx)
		if err != nil {
			return err
		}
		tenants, err := s.Tenants(ctx)
		if err != nil {
			return err
		}
		views := []tenantView{}
		rows := [][]string{{"SLUG", "NAME", "CONFLICTS", "STATE", "ID"}}
		for _, t := range tenants {
			v := viewTenant(t)
			views = append(views, v)
			rows = append(rows, []string{v.Slug, v.Name, v.Strategy, map[bool]string{true: "suspended", false: "active"}[v.Suspended], v.ID})
		}
		return m.say(map[string]any{"tenants": views}, table(rows))
	}
}

// tenant finds a tenant by slug or id, in words that help who mistyped it.
func tenant(ctx context.Context, s *store.Store, name string) (models.Tenant, error) {
	t, err := s.TenantBySlug(ctx, name)
	if absent(err) {
		t, err = s.TenantByID(ctx, name)
	}
	if absent(err) {
		err = notFound("tenant", name, "tidemark tenant list")
	}
	return t, err
}

// table lines columns up.
func table(rows [][]string) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	_ = t.Flush() // a Builder does not fail
	return strings.TrimSuffix(b.String(), "\n")
}
