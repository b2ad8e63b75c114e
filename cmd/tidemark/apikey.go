package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/models"
)

type keyView struct {
	ID       string   `json:"id"`
	Key      string   `json:"key,omitempty"` // only when it is made
	Tenant   string   `json:"tenant"`
	Name     string   `json:"name"`
	Prefix   string   `json:"prefix"`
	Last4    string   `json:"last4"`
	UserID   string   `json:"userId,omitempty"`
	CanRead  bool     `json:"canRead"`
	CanWrite bool     `json:"canWrite"`
	Scopes   []string `json:"scopes"`
	models.Restrictions
	models.Quotas
	State       string `json:"state"`
	RotatedAt   string `json:"rotatedAt,omitempty"`
	FormerUntil string `json:"formerUntil,omitempty"` // the secret before the last rotation lets in until then
	ExpiresAt   string `json:"expiresAt,omitempty"`
	LastUsedAt  string `json:"lastUsedAt,omitempty"`
	CreatedAt   string `json:"createdAt"`
}

func (m *Main) viewKey(k models.APIKey, slug string) keyView {
	return keyView{
		ID: k.ID, Tenant: slug, Name: k.Name, Prefix: k.Prefix, Last4: k.Last4, UserID: k.UserID,
		CanRead: k.CanRead, CanWrite: k.CanWrite, Scopes: append([]string{}, k.Scopes...), Restrictions: k.From, Quotas: k.Quotas, State: string(k.State(clock.Millis(m.Clock))),
		RotatedAt: when(k.RotatedAt), FormerUntil: when(k.Former.Until),
		ExpiresAt: when(k.ExpiresAt), LastUsedAt: when(k.LastUsedAt), CreatedAt: when(k.CreatedAt),
	}
}

func (m *Main) keyCreate(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "slug of the tenant it opens")
	var n access.NewKey
	f.StringVar(&n.Name, "name", "", "what it is for")
	f.StringVar(&n.UserID, "user", "", "bind it to this user; unset: it may act for any user of the tenant")
	f.BoolVar(&n.ReadOnly, "read-only", false, "it may not write")
	f.StringSliceVar(&n.Scopes, "scopes", nil, "scopes by comma; unset: API_KEY_DEFAULT_SCOPES")
	f.StringSliceVar(&n.From.IPs, "ip", nil, "addresses and networks it may be used from, by comma; unset: any")
	f.StringSliceVar(&n.From.Countries, "country", nil, "countries it may be used from, such as DE,AT; unset: any")
	f.BoolVar(&n.From.Unplaced, "allow-unknown-country", false, "with --country: also from addresses whose country is not known")
	f.StringSliceVar(&n.From.Domains, "domain", nil, "domains of the pages that may use it, by comma; unset: any, and programs")
	f.StringArrayVar(&n.From.UserAgents, "user-agent", nil, "an RE2 expression for the User-Agent; may be given again; unset: any")
	f.Int64Var(&n.Quotas.PerMinute, "per-minute", 0, "requests it may make in each minute; unset: any number")
	f.Int64Var(&n.Quotas.PerHour, "per-hour", 0, "requests in each hour")
	f.Int64Var(&n.Quotas.PerDay, "per-day", 0, "requests in each day, UTC")
	f.Int64Var(&n.Quotas.PerMonth, "per-month", 0, "requests in each month, UTC")
	days := f.Int("days", 0, "days until it expires, 0: never; unset: API_KEY_EXPIRATION_DAYS")
	return func(ctx context.Context) error {
		if *slug == "" || n.Name == "" {
			return usageError{"apikey create needs --tenant and --name"}
		}
		if f.Changed("days") {
			n.Days = days
		}
		s, err := m.migrated(ctx)
		if err != nil {
			return err
		}
		t, err := tenant(ctx, s, *slug)
		if err != nil {
			return err
		}
		n.TenantID = t.ID
		key, secret, err := m.accessTo(s).CreateKey(ctx, n)
		if err != nil {
			return err
		}
		v := m.viewKey(key, t.Slug)
		v.Key = secret
		return m.say(v, fmt.Sprintf("%s\nkey %s of tenant %s; it is shown this once", secret, key.ID, t.Slug))
	}
}

func (m *Main) keyRotate(f *pflag.FlagSet) func(context.Context) error {
	overlap := f.Duration("overlap", 24*time.Hour, "how long the secret it has goes on, 0s to 2160h")
	return func(ctx context.Context) error {
		s, err := m.migrated(ctx)
		if err != nil {
			return err
		}
		now, err := s.APIKeyByID(ctx, f.Arg(0))
		if absent(err) {
			err = notFound("API key", f.Arg(0), "tidemark apikey list")
		}
		if err != nil {
			return err
		}
		t, err := s.TenantNamed(ctx, now.TenantID)
		if err != nil {
			return err
		}
		k, secret, err := m.accessTo(s).RotateKey(ctx, now.ID, *overlap, now.Version)
		if err != nil {
			return err
		}
		v := m.viewKey(k, t.Slug)
		v.Key = secret
		return m.say(v, fmt.Sprintf("%s\nthe new secret of key %s of tenant %s; it is shown this once. The one before ends %s", secret, k.ID, t.Slug, v.FormerUntil))
	}
}

func (m *Main) keyList(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "only this tenant's")
	return func(ctx context.Context) error {
		s, err := m.migrated(ctx)
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
		views := []keyView{}
		rows := [][]string{{"ID", "TENANT", "NAME", "KEY", "USER", "RIGHTS", "STATE", "EXPIRES"}}
		for _, t := range tenants {
			keys, err := s.APIKeys(ctx, t.ID)
			if err != nil {
				return err
			}
			for _, k := range keys {
				v := m.viewKey(k, t.Slug)
				views = append(views, v)
				rows = append(rows, []string{v.ID, v.Tenant, v.Name, v.Prefix + "…" + v.Last4, cmp.Or(v.UserID, "any"), rights(k), v.State, cmp.Or(v.ExpiresAt, "never")})
			}
		}
		return m.say(map[string]any{"keys": views}, table(rows))
	}
}

func rights(k models.APIKey) string {
	switch {
	case k.CanRead && k.CanWrite:
		return "read, write"
	case k.CanRead:
		return "read"
	case k.CanWrite:
		return "write"
	}
	return "none"
}

func (m *Main) keyRevoke(f *pflag.FlagSet) func(context.Context) error {
	return func(ctx context.Context) error {
		a, err := m.migratedAccess(ctx)
		if err != nil {
			return err
		}
		k, err := a.RevokeKey(ctx, f.Arg(0))
		if absent(err) {
			err = notFound("API key", f.Arg(0), "tidemark apikey list")
		}
		if err != nil {
			return err
		}
		return m.say(map[string]any{"id": k.ID, "revoked": true, "revokedAt": when(k.RevokedAt)}, "API key "+k.ID+" revoked")
	}
}
