package access

import (
	"context"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"tidemark/internal/fault"
	"tidemark/internal/mail"
	"tidemark/models"
	"tidemark/store"
)

// postbox keeps what was sent.
type postbox struct {
	mu   sync.Mutex
	mail []mail.Message
}

func (p *postbox) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mail = append(p.mail, m)
	return nil
}

var linkForm = regexp.MustCompile(`token=(\S+)`)

// link is the token in the last mail to somebody; empty without one.
func (p *postbox) link(to string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.mail) {
		if found := linkForm.FindStringSubmatch(m.Text); m.To == to && found != nil {
			return found[1]
		}
	}
	return ""
}

// people is a room in which people sign in, and get mail.
func people(t *testing.T, r *room) *postbox {
	t.Helper()
	box := &postbox{}
	o := r.opt
	o.RefreshSecret, o.Mail, o.PublicURL, o.BcryptCost = []byte("another secret of tests, longer than 32 bytes"), box, "https://sync.example.com", minCost
	r.Access = New(o)
	t.Cleanup(r.Close)
	return box
}

// joined is a member of the room's tenant with a role, by invitation.
func joined(t *testing.T, r *room, box *postbox, email, role string) models.Account {
	t.Helper()
	if err := r.Invite(t.Context(), Invitation{TenantID: r.tenant.ID, Email: email, Role: role}); err != nil {
		t.Fatal(err)
	}
	m, err := r.Accept(t.Context(), box.link(email), "Somebody", rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func login(t *testing.T, r *room, email string) Tokens {
	t.Helper()
	tok, err := r.Login(t.Context(), SignIn{Email: email, Password: rightPassword, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func bearer(t *testing.T, r *room, token string) (models.Caller, error) {
	t.Helper()
	return r.Authenticate(t.Context(), Credential{Bearer: token, Door: models.DoorREST})
}

func TestARefreshTokenIsGoodOnceAndItsReuseEndsTheSignIn(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := people(t, r)
		joined(t, r, box, "ada@example.com", RoleMember)
		first := login(t, r, "ada@example.com")
		c, err := bearer(t, r, first.Access)
		if err != nil || c.UserID != first.Member.UserID || c.Role != RoleMember {
			t.Fatalf("%+v %v", c, err)
		}
		_, err = bearer(t, r, first.Refresh)
		wantCode(t, err, fault.TokenInvalid)
		_, err = r.Refresh(t.Context(), first.Access, "", "")
		wantCode(t, err, fault.TokenInvalid)

		second, err := r.Refresh(t.Context(), first.Refresh, "192.0.2.2", "app/1")
		if err != nil || second.Refresh == first.Refresh {
			t.Fatal(err)
		}
		_, err = bearer(t, r, second.Access)
		wantCode(t, err, "")
		other := login(t, r, "ada@example.com")

		_, err = r.Refresh(t.Context(), first.Refresh, "192.0.2.66", "thief/1")
		wantCode(t, err, fault.Revoked)
		for _, token := range []string{first.Access, second.Access} {
			_, err = bearer(t, r, token)
			wantCode(t, err, fault.Revoked)
		}
		_, err = r.Refresh(t.Context(), second.Refresh, "", "")
		wantCode(t, err, fault.Revoked)
		_, err = bearer(t, r, other.Access)
		wantCode(t, err, "")

		entries, err := r.store.AuditEntries(t.Context(), r.tenant.ID, "", 20)
		if err != nil || !slices.ContainsFunc(entries, func(e models.AuditEntry) bool { return e.Action == "token.reuse" && e.Address == "192.0.2.66" }) {
			t.Errorf("no reuse in the audit: %v %v", entries, err)
		}
	})
}

func TestLogoutEndsAccessTokensToo(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	box := people(t, r)
	joined(t, r, box, "ada@example.com", RoleMember)
	one, two := login(t, r, "ada@example.com"), login(t, r, "ada@example.com")
	if err := r.Logout(t.Context(), one.Refresh); err != nil {
		t.Fatal(err)
	}
	if err := r.Logout(t.Context(), one.Refresh); err != nil {
		t.Errorf("a second logout: %v", err)
	}
	_, err := bearer(t, r, one.Access)
	wantCode(t, err, fault.Revoked)
	_, err = bearer(t, r, two.Access)
	wantCode(t, err, "")
	if n, err := r.EndEverywhere(t.Context(), two.Account, ""); n != 1 || err != nil {
		t.Errorf("ended %d: %v", n, err)
	}
	_, err = bearer(t, r, two.Access)
	wantCode(t, err, fault.Revoked)
}

func TestAnotherSigningSecretLogsNobodyOut(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	box := people(t, r)
	joined(t, r, box, "ada@example.com", RoleMember)
	was := login(t, r, "ada@example.com")
	o := r.opt
	o.JWTSecret, o.JWTFormer = []byte("a new secret of tests, longer than 32 bytes"), o.JWTSecret
	o.RefreshSecret, o.RefreshFormer = []byte("a new refresh secret, longer than 32 bytes"), o.RefreshSecret
	r.Access = New(o)
	t.Cleanup(r.Close)
	_, err := bearer(t, r, was.Access)
	wantCode(t, err, "")
	is, err := r.Refresh(t.Context(), was.Refresh, "", "")
	wantCode(t, err, "")
	o.JWTFormer, o.RefreshFormer = nil, nil
	r.Access = New(o)
	t.Cleanup(r.Close)
	_, err = bearer(t, r, was.Access)
	wantCode(t, err, fault.TokenInvalid)
	_, err = bearer(t, r, is.Access)
	wantCode(t, err, "")
}

func TestPeopleRegisterWhereTheyMay(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := people(t, r)
		in := Registration{Tenant: "acme", Email: " Ada@Example.com", Name: "Ada", Password: rightPassword}
		wantCode(t, r.Register(t.Context(), in, "192.0.2.1"), fault.ScopeMissing)
		in.Tenant = "nowhere"
		wantCode(t, r.Register(t.Context(), in, "192.0.2.1"), fault.ScopeMissing)
		in.Tenant = "acme"
		registration(t, r, RoleMember)
		wantCode(t, r.Register(t.Context(), in, "192.0.2.1"), "")
		_, err := r.Login(t.Context(), SignIn{Email: "ada@example.com", Password: rightPassword})
		wantCode(t, err, fault.SignInFailed)
		token := box.link("ada@example.com")
		_, err = r.Verify(t.Context(), token, "what somebody else chose")
		wantCode(t, err, fault.Invalid)
		if _, err := r.Verify(t.Context(), token, rightPassword); err != nil {
			t.Fatal(err)
		}
		_, err = r.Verify(t.Context(), token, rightPassword)
		wantCode(t, err, fault.TokenInvalid)
		tok := login(t, r, "ada@example.com")
		c, err := bearer(t, r, tok.Access)
		if err != nil || c.Role != RoleMember || r.Allow(c, ItemsWrite, "storage", "k") != nil || !fault.Is(r.Allow(c, ConflictsReview, "", ""), fault.ScopeMissing) {
			t.Errorf("%+v %v", c, err)
		}
		wantCode(t, r.Register(t.Context(), in, "192.0.2.1"), fault.AlreadyExists)
	})
}

// registration lets people register in the room's tenant, with a role.
func registration(t *testing.T, r *room, role string) {
	t.Helper()
	if _, err := r.store.SetRegistration(t.Context(), r.tenant.ID, store.Registration{Role: role}, r.tenant.Version); err != nil {
		t.Fatal(err)
	}
	r.Forget()
}

func TestALostPasswordIsReplacedAndEndsEverySignIn(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	box := people(t, r)
	joined(t, r, box, "ada@example.com", RoleMember)
	tok := login(t, r, "ada@example.com")
	wantCode(t, r.AskReset(t.Context(), "nobody@example.com", "192.0.2.1"), "")
	if box.link("nobody@example.com") != "" {
		t.Error("a mail to nobody")
	}
	wantCode(t, r.AskReset(t.Context(), "ada@example.com", "192.0.2.1"), "")
	first := box.link("ada@example.com")
	wantCode(t, r.AskReset(t.Context(), "ada@example.com", "192.0.2.1"), "")
	_, err := r.Reset(t.Context(), first, "another password")
	wantCode(t, err, fault.TokenInvalid)
	_, err = r.Reset(t.Context(), box.link("ada@example.com"), "another password")
	wantCode(t, err, "")
	_, err = bearer(t, r, tok.Access)
	wantCode(t, err, fault.Revoked)
	_, err = r.Login(t.Context(), SignIn{Email: "ada@example.com", Password: rightPassword})
	wantCode(t, err, fault.SignInFailed)
	_, err = r.Login(t.Context(), SignIn{Email: "ada@example.com", Password: "another password"})
	wantCode(t, err, "")
	r.clock.Advance(resetLife)
	wantCode(t, r.AskReset(t.Context(), "ada@example.com", "192.0.2.1"), "")
	r.clock.Advance(resetLife + time.Second)
	_, err = r.Reset(t.Context(), box.link("ada@example.com"), "yet another one")
	wantCode(t, err, fault.TokenInvalid)
}
