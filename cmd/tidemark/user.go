package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"tidemark/access"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const userPage = 500 // users read at once

type userView struct {
	ID        string `json:"id"`
	Tenant    string `json:"tenant"`
	Email     string `json:"email,omitempty"`
	Name      string `json:"name,omitempty"`
	Role      string `json:"role,omitempty"`
	State     string `json:"state"` // active or disabled
	Items     int64  `json:"items"`
	Bytes     int64  `json:"bytes"`
	CreatedAt string `json:"createdAt,omitempty"`
}

func viewUser(m models.Member, slug string) userView {
	state := map[bool]string{true: "disabled", false: "active"}[m.Out()]
	return userView{ID: m.UserID, Tenant: slug, Email: m.Email, Name: m.Name, Role: m.Role, State: state, CreatedAt: when(m.CreatedAt)}
}

// inTenant is the store, and the tenant that a command names.
func (m *Main) inTenant(ctx context.Context, command, slug string) (*store.Store, models.Tenant, error) {
	if slug == "" {
		return nil, models.Tenant{}, usageError{command + " needs --tenant"}
	}
	s, err := m.migrated(ctx)
	if err != nil {
		return nil, models.Tenant{}, err
	}
	t, err := tenant(ctx, s, slug)
	return s, t, err
}

func (m *Main) userInvite(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "slug of the tenant they join")
	var in access.Invitation
	f.StringVar(&in.Email, "email", "", "address the invitation is sent to")
	f.StringVar(&in.Role, "role", "", "role they get, such as member")
	f.StringVar(&in.Name, "name", "", "name to begin with")
	f.StringVar(&in.UserID, "user", "", "the tenant's own name for them; unset: one is drawn")
	return func(ctx context.Context) error {
		if in.Email == "" || in.Role == "" {
			return usageError{"user invite needs --tenant, --email and --role"}
		}
		s, t, err := m.inTenant(ctx, "user invite", *slug)
		if err != nil {
			return err
		}
		log := telemetry.Discard()
		o := m.accessOptions(s, log)
		o.Mail, o.PublicURL = m.mailer(log), m.publicURL()
		a := access.New(o)
		m.onClose(func() error { a.Close(); return nil })
		in.TenantID = t.ID
		if err := a.Invite(ctx, in); err != nil {
			return err
		}
		result := map[string]any{"tenant": t.Slug, "email": in.Email, "role": in.Role, "by": m.mailPlace()}
		return m.say(result, fmt.Sprintf("%s is invited to %s as %s; the mail went to %s", in.Email, t.Slug, in.Role, m.mailPlace()))
	}
}

func (m *Main) userList(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "slug of the tenant")
	return func(ctx context.Context) error {
		s, t, err := m.inTenant(ctx, "user list", *slug)
		if err != nil {
			return err
		}
		views := []userView{}
		rows := [][]string{{"USER", "EMAIL", "NAME", "ROLE", "STATE", "ITEMS"}}
		q := store.MemberQuery{Tenant: t.ID, Limit: userPage}
		for {
			page, err := s.MemberPage(ctx, q)
			if err != nil {
				return err
			}
			for _, r := range page {
				v := viewUser(r.Member, t.Slug)
				v.Items, v.Bytes = r.Items, r.Bytes
				views = append(views, v)
				rows = append(rows, []string{v.ID, v.Email, v.Name, cmp.Or(v.Role, "none"), v.State, fmt.Sprint(v.Items)})
			}
			if len(page) < q.Limit {
				return m.say(map[string]any{"users": views}, table(rows))
			}
			q.After = page[len(page)-1].UserID
		}
	}
}

func (m *Main) userDisable(f *pflag.FlagSet) func(context.Context) error {
	return m.userSwitch(f, "user disable", true)
}

func (m *Main) userEnable(f *pflag.FlagSet) func(context.Context) error {
	return m.userSwitch(f, "user enable", false)
}

// userSwitch shuts a user out of a tenant, whatever they come with, or lets them in again.
func (m *Main) userSwitch(f *pflag.FlagSet, command string, disabled bool) func(context.Context) error {
	slug := f.String("tenant", "", "slug of the tenant")
	user := f.String("user", "", "the tenant's own name for them, as user list shows it")
	return func(ctx context.Context) error {
		if *user == "" {
			return usageError{command + " needs --tenant and --user"}
		}
		s, t, err := m.inTenant(ctx, command, *slug)
		if err != nil {
			return err
		}
		who, err := known(ctx, s, t, *user)
		if err != nil {
			return err
		}
		if who.Disabled != disabled {
			who.Disabled = disabled
			if who, err = s.EditMember(ctx, who); err != nil {
				return err
			}
		}
		v := viewUser(who, t.Slug)
		return m.say(v, fmt.Sprintf("user %s of %s is %s", v.ID, t.Slug, v.State))
	}
}

// known is a tenant's user: a member, or somebody who has items there.
func known(ctx context.Context, s *store.Store, t models.Tenant, user string) (models.Member, error) {
	who, err := s.Member(ctx, t.ID, user)
	if err == nil && who.DeletedAt == 0 {
		return who, nil
	}
	if err == nil || !absent(err) {
		return who, cmp.Or(err, notFound("user", user, "tidemark user list --tenant "+t.Slug))
	}
	if _, err := s.User(ctx, t.ID, user); absent(err) {
		return who, notFound("user", user, "tidemark user list --tenant "+t.Slug)
	} else if err != nil {
		return who, err
	}
	return models.Member{TenantID: t.ID, UserID: user}, nil
}
