package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

const (
	maxAccessShare = 0.15 // of a write's time
	most           = 1_000_000_000_000
)

// access measures what a write spends on the question who may do it: authentication, rate, quota and rights. Its
// checks per second stand against the writes per second of the same rounds, so the ratio is their share of a write's
// time on one processor; a write has more than one to itself where there are more.
func (b *bench) access() error {
	r, err := b.checkingRoom()
	if err != nil {
		return err
	}
	defer r.close()
	server, err := b.tidemark("access-sqlite", sqlite)
	if err != nil {
		return err
	}
	writes := &series{name: "writes sqlite, 128 clients", run: load{server, 128, put(manyKeys)}.run}
	all := []*series{writes}
	for _, c := range r.credentials {
		all = append(all, &series{name: "checks of " + c.name, run: c.run(r)})
	}
	if err := b.interleave(all...); err != nil {
		return err
	}
	for i, c := range r.credentials {
		w := beside("authentication and rights of a write, "+c.name, "writes/s", writes, all[i+1], "checks/s")
		b.report.add(w.atMost(w.Ratio, maxAccessShare))
	}
	return nil
}

// checkingRoom is an access of its own, with one credential of each kind.
type checkingRoom struct {
	store       *store.Store
	access      *access.Access
	limit       *access.Limiter
	credentials []checked
}

type checked struct {
	name       string
	credential access.Credential
}

func (r *checkingRoom) close() {
	r.access.Close()
	_ = r.store.Close()
}

func (b *bench) checkingRoom() (*checkingRoom, error) {
	s, err := store.Open(b.ctx, store.Options{SQLite: filepath.Join(b.dir, "access.db"), Clock: clock.System{}})
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(b.ctx); err != nil {
		return nil, err
	}
	secret := []byte("a secret of this measurement, longer than 32 bytes")
	r := &checkingRoom{store: s, access: access.New(access.Options{Store: s, Clock: clock.System{}, JWTSecret: secret, APIKeysEnabled: true, KeyPrefix: "sk_live_"})}
	r.limit = access.NewLimiter(clock.System{}, access.Limits{Requests: 1 << 40, PerAddress: 1 << 40, Window: time.Minute}, r.access)
	return r, r.furnish(b.ctx, secret)
}

func (r *checkingRoom) furnish(ctx context.Context, secret []byte) error {
	t, err := r.store.CreateTenant(ctx, models.Tenant{Slug: "access"})
	if err != nil {
		return err
	}
	if _, err := r.access.AddRole(ctx, models.Role{TenantID: t.ID, Name: "clerk", Title: "Clerk", Grants: []string{"items:read:storage/orders/*", "items:write:storage/orders/*", "items:write:storage/key-*"}}); err != nil {
		return err
	}
	if _, err := r.access.AddMember(ctx, models.Member{TenantID: t.ID, UserID: "ann", Role: "clerk"}); err != nil {
		return err
	}
	key := func(name string, n access.NewKey) error {
		n.TenantID, n.Name = t.ID, name
		_, secret, err := r.access.CreateKey(ctx, n)
		r.credentials = append(r.credentials, checked{name, access.Credential{APIKey: secret, UserID: n.UserID}})
		return err
	}
	if err := key("a server's key", access.NewKey{}); err != nil {
		return err
	}
	restricted := access.NewKey{
		UserID: "ann", Scopes: []string{"items:read", "items:write:storage/orders/*", "items:write:storage/key-*"}, Quotas: models.Quotas{PerMinute: most, PerHour: most, PerDay: most, PerMonth: most},
		From: models.Restrictions{IPs: []string{"10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"}, Domains: []string{"*.example.com"}, UserAgents: []string{`^app/\d+\.\d+`}},
	}
	if err := key("a key with quotas and all restrictions, of a user with a role", restricted); err != nil {
		return err
	}
	token, err := access.SignToken(secret, access.Claims{TenantID: t.ID, RegisteredClaims: jwt.RegisteredClaims{Subject: "ann", ExpiresAt: jwt.NewNumericDate(time.Now().Add(24 * time.Hour))}})
	r.credentials = append(r.credentials, checked{"a token of a user with a role", access.Credential{Bearer: token}})
	return err
}

// run counts how often a write is let through in a second, as the REST door asks for it.
func (c checked) run(r *checkingRoom) func(time.Duration) (float64, error) {
	cr := c.credential
	cr.Door, cr.Address, cr.Origin, cr.UserAgent = models.DoorREST, "192.0.2.7", "https://app.example.com", "app/1.2"
	return func(length time.Duration) (float64, error) {
		ctx := context.Background()
		n, began := 0, time.Now()
		for ; n%1000 != 0 || time.Since(began) < length; n++ {
			who, err := r.access.Authenticate(ctx, cr)
			if err == nil {
				_, err = r.limit.Take(ctx, who)
			}
			if err == nil {
				err = r.access.Holds(who, access.ItemsWrite)
			}
			if err == nil {
				err = r.access.Allow(who, access.ItemsWrite, models.Storage, "key-7")
			}
			if err != nil {
				return 0, fmt.Errorf("%s: %w", c.name, err)
			}
			r.access.Served(who, access.ItemsWrite, nil)
		}
		return float64(n) / time.Since(began).Seconds(), nil
	}
}
