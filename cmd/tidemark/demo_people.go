package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

const demoInvited = 7 * 24 * time.Hour // for which the demo's invitation waits

// demoPerson is somebody of the demo who has a role. None of them has a password, and so none can sign in.
type demoPerson struct {
	user, name, mail string
	role             string
	out              bool // may not enter any more
}

// staff are the people of a demo tenant, its owner first, its own role, and who is invited.
type staff struct {
	people  []demoPerson
	role    models.Role
	invited demoPerson
}

// staffOf is who works at a demo tenant.
func staffOf(slug string) staff {
	if slug == "acme" {
		return staff{
			people: []demoPerson{
				{"office-ines", "Ines Lindqvist", "ines@acme.example", access.RoleOwner, false},
				{"office-samir", "Samir Okafor", "samir@acme.example", access.RoleAdmin, false},
				{"office-tessa", "Tessa Brandt", "tessa@acme.example", access.RoleReviewer, false},
				{"tech-01", "Jonas Keller", "jonas@acme.example", "dispatcher", false},
				{"tech-02", "Mina Rossi", "mina@acme.example", access.RoleMember, false},
				{"office-pavel", "Pavel Novak", "pavel@acme.example", access.RoleDeveloper, true},
			},
			role: models.Role{
				Name: "dispatcher", Title: "Dispatcher", Grants: []string{"console:use", "status:read", "items:read", "items:write:storage/jobs/*", "instances:read", "conflicts:read", "conflicts:review"},
				Fields: []models.FieldRule{{Collection: models.Storage, Key: "customers/*", Pointer: "/address", Hidden: true}, {Collection: models.Storage, Key: "jobs/*", Pointer: "/signedBy"}},
			},
			invited: demoPerson{name: "Rosa Moreau", mail: "rosa@acme.example", role: access.RoleReviewer},
		}
	}
	return staff{
		people: []demoPerson{
			{"office-grace", "Grace Tanaka", "grace@globex.example", access.RoleOwner, false},
			{"clinic-1", "Henrik Hansen", "henrik@globex.example", "front-desk", false},
			{"office-luca", "Luca Rossi", "luca@globex.example", access.RoleAnalyst, false},
		},
		role: models.Role{
			Name: "front-desk", Title: "Front desk", Grants: []string{"console:use", "status:read", "items:read", "items:write:storage/appointments/*"},
			Fields: []models.FieldRule{{Collection: models.Storage, Key: "patients/*", Pointer: "/born", Hidden: true}},
		},
		invited: demoPerson{name: "Kira Weber", mail: "kira@globex.example", role: access.RoleViewer},
	}
}

// demoPeople gives the demo tenants their people, as far as they are not there yet.
func (m *Main) demoPeople(ctx context.Context, s *store.Store, slug string) error {
	t, err := s.TenantBySlug(ctx, slug)
	if err != nil {
		return err
	}
	works := staffOf(slug)
	for i, p := range works.people {
		a, err := demoAccount(ctx, s, p)
		if err != nil {
			return err
		}
		if i == 0 {
			ctx = store.As(ctx, store.Author{Actor: a.Actor(), Address: "198.51.100.24", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"})
		}
		if i == 1 {
			err = ownRole(ctx, s, t.ID, works.role)
		}
		if err == nil {
			err = enter(ctx, s, t.ID, a.ID, p)
		}
		if err != nil {
			return fmt.Errorf("add %s: %w", p.mail, err)
		}
	}
	return m.demoInvitation(ctx, s, t.ID, works.invited)
}

func demoAccount(ctx context.Context, s *store.Store, p demoPerson) (models.Account, error) {
	a, err := s.AccountByEmail(ctx, p.mail)
	if absent(err) {
		return s.CreateAccount(ctx, models.Account{Email: p.mail, Name: p.name})
	}
	return a, err
}

func ownRole(ctx context.Context, s *store.Store, tenantID string, r models.Role) error {
	there, err := s.Roles(ctx, tenantID, false)
	for _, old := range there {
		if old.Name == r.Name {
			return err
		}
	}
	if err == nil {
		r.TenantID = tenantID
		_, err = s.AddRole(ctx, r)
	}
	return err
}

// enter makes an account a member, as a person of the demo is one.
func enter(ctx context.Context, s *store.Store, tenantID, account string, p demoPerson) error {
	is, err := s.Member(ctx, tenantID, p.user)
	if absent(err) {
		is, err = s.AddMember(ctx, models.Member{TenantID: tenantID, UserID: p.user, AccountID: account, Role: p.role})
	}
	if err == nil && p.out && !is.Disabled {
		is.Disabled = true
		_, err = s.EditMember(ctx, is)
	}
	return err
}

// demoInvitation has an invitation wait whose link nobody has.
func (m *Main) demoInvitation(ctx context.Context, s *store.Store, tenantID string, p demoPerson) error {
	there, err := s.Invitations(ctx, tenantID)
	if err != nil || len(there) > 0 {
		return err
	}
	hash := make([]byte, 32)
	if _, err := rand.Read(hash); err != nil {
		return err
	}
	_, err = s.AddAccountToken(ctx, models.AccountToken{
		Kind: models.TokenInvite, Hash: hash, TenantID: tenantID, Email: p.mail, Name: p.name, Role: p.role, ExpiresAt: clock.Millis(m.Clock) + demoInvited.Milliseconds(),
	})
	return err
}

// demoRequests are what a server's key was used for in the days before now (ms).
func demoRequests(tenantID, key string, now int64) (out []models.KeyRequest) {
	const day = 24 * 60 * 60 * 1000
	kinds := []models.KeyRequest{
		{KeyShape: models.KeyShape{Address: "198.51.100.24", UserAgent: "acme-backend/2.4", Door: models.DoorREST, Permission: string(access.ItemsRead)}, Country: "DE", Count: 1840},
		{KeyShape: models.KeyShape{Address: "198.51.100.24", UserAgent: "acme-backend/2.4", Door: models.DoorREST, Permission: string(access.ItemsWrite)}, Country: "DE", Count: 412},
		{KeyShape: models.KeyShape{Address: "198.51.100.25", UserAgent: "acme-reports/1.1", Door: models.DoorREST, Permission: string(access.StatusRead)}, Country: "NL", Count: 96},
		{KeyShape: models.KeyShape{Address: "203.0.113.77", UserAgent: "curl/8.9.1", Door: models.DoorREST, Permission: string(access.ConflictsReview), Code: "scope_missing"}, Country: "FR", Count: 3},
	}
	for ago := range int64(5) {
		begun := now - now%day - ago*day
		for i, k := range kinds {
			if last := begun + int64(8+i)*day/24; last < now {
				k.TenantID, k.KeyID, k.Day, k.First, k.Last = tenantID, key, begun, begun+day/4, last
				k.Count, k.RequestID = k.Count+k.Count/7*ago, fmt.Sprintf("demo-%d-%d", ago, i)
				out = append(out, k)
			}
		}
	}
	return out
}

// demoUsage is what those requests come to by the hour, and when the last of them was.
func demoUsage(requests []models.KeyRequest) (usedAt map[string]int64, hours []models.KeyUsage) {
	const hour = 60 * 60 * 1000
	usedAt = map[string]int64{}
	for _, r := range requests {
		usedAt[r.KeyID] = max(usedAt[r.KeyID], r.Last)
		u := models.KeyUsage{TenantID: r.TenantID, KeyID: r.KeyID, At: r.Last - r.Last%hour, Requests: r.Count}
		switch {
		case r.Code != "":
			u.Refused = r.Count
		case r.Permission == string(access.ItemsWrite):
			u.Writes = r.Count
		default:
			u.Reads = r.Count
		}
		hours = append(hours, u)
	}
	return usedAt, hours
}
