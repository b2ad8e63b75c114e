package access

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/mail"
	"tidemark/models"
	"tidemark/store"
)

const (
	linkPrefix = "link_"
	verifyLife = 24 * time.Hour
	inviteLife = 7 * 24 * time.Hour
	resetLife  = time.Hour
)

// Registration is what somebody says of themselves.
type Registration struct {
	Tenant                string // id or slug
	Email, Name, Password string
}

// Register has a link sent that, when it is followed (Verify), makes the person a member of a tenant that lets people
// register. Nothing tells whether an account with the e-mail exists elsewhere: who has one joins with it, and its password stays.
// Faults: `scope_missing` where nobody may register, an unknown tenant too; `already_exists` for a member's e-mail; `invalid`; `rate_limited`.
func (a *Access) Register(ctx context.Context, in Registration, address string) error {
	m := tidyAccount(models.Account{Email: in.Email, Name: in.Name})
	if err := checkAccount(m); err != nil {
		return err
	}
	if err := checkPassword(in.Password); err != nil {
		return err
	}
	if err := a.throttle.enter("register "+m.Email, address); err != nil {
		return err
	}
	t, err := a.tenantNamed(ctx, in.Tenant)
	if fault.Is(err, fault.NotFound) || err == nil && (t.Registration == "" || t.standing() != nil) {
		return fault.New(fault.ScopeMissing, "Nobody can register here without an invitation.")
	}
	if err != nil {
		return err
	}
	if there, err := a.opt.Store.MemberEmail(ctx, t.ID, m.Email); err != nil || there {
		if err == nil {
			err = fault.New(fault.AlreadyExists, "There is an account with this e-mail already. Sign in, or ask for another password.")
		}
		return err
	}
	hash, err := a.passwords.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	return a.send(ctx, models.AccountToken{Kind: models.TokenVerify, TenantID: t.ID, Email: m.Email, Name: m.Name, Role: t.Registration, PasswordHash: hash}, verifyLife, letter{
		subject: "Confirm your e-mail for " + t.Name,
		text:    "Somebody, probably you, registered with %s for %s. To confirm it, open this link within a day and give the password that was chosen:\n\n%s\n\nIf it was not you, do nothing: nothing happens without it.",
		args:    []any{m.Email, t.Name}, path: "/console/verify",
	})
}

// Verify uses the link of a registration up: the person is then a member. The password is the one that was chosen at the
// registration: who registers somebody else does not get into their account by their click on the link.
// Faults: `token_invalid` when it is no longer good; `invalid` for another password, which is a try as at the sign-in, so too many are `rate_limited`.
func (a *Access) Verify(ctx context.Context, token, password string) (models.Account, error) {
	var out models.Account
	hash := hashSecret(token)
	in, err := a.opt.Store.AccountToken(ctx, models.TokenVerify, hash[:])
	if err != nil {
		return out, err
	}
	right, err := a.proves(ctx, models.Account{Email: in.Email, PasswordHash: in.PasswordHash}, password)
	if err != nil {
		return out, err
	}
	if !right {
		return out, fault.OfField("password", "right", "must be the one that was chosen at the registration")
	}
	err = a.opt.Store.Follow(ctx, models.TokenVerify, hash[:], func(f store.Followed) error {
		m, err := f.Account()
		if fault.Is(err, fault.NotFound) {
			m, err = f.AddAccount(ctx, models.Account{Email: f.Token.Email, Name: f.Token.Name, PasswordHash: f.Token.PasswordHash})
		}
		if err != nil {
			return err
		}
		out = m
		_, err = f.AddMember(ctx, m, models.Member{TenantID: f.Token.TenantID, UserID: m.ID, AccountID: m.ID, Role: f.Token.Role})
		return err
	})
	a.Forget()
	return out, err
}

// Invitation is whom to make a member of a tenant.
type Invitation struct {
	TenantID string
	Email    string
	Name     string // to begin with; they may change it
	Role     string
	UserID   string // the tenant's own name for them; empty: that of their account
}

// Invite has a link sent that, when it is followed (Accept), makes somebody a member. Faults: `invalid`, `already_exists`.
func (a *Access) Invite(ctx context.Context, in Invitation) error {
	m := tidyAccount(models.Account{Email: in.Email, Name: in.Name})
	if err := checkAccount(m); err != nil {
		return err
	}
	if in.UserID != "" {
		if err := protocol.CheckOwner(in.UserID); err != nil {
			return fault.OfField("userId", "format", "must be 1 to 128 bytes without control characters")
		}
	}
	t, err := a.tenantNamed(ctx, in.TenantID)
	if err != nil {
		return err
	}
	if err := a.knownRole(t, in.Role); err != nil {
		return err
	}
	if err := a.mayGiveRole(ctx, t, in.Role); err != nil {
		return err
	}
	if there, err := a.opt.Store.MemberEmail(ctx, t.ID, m.Email); err != nil || there {
		if err == nil {
			err = fault.New(fault.AlreadyExists, "%s is a member of this tenant already.", m.Email)
		}
		return err
	}
	return a.send(ctx, models.AccountToken{Kind: models.TokenInvite, TenantID: t.ID, Email: m.Email, Name: m.Name, Role: in.Role, UserID: in.UserID}, inviteLife, letter{
		subject: "You are invited to " + t.Name,
		text:    "You are invited to %s as %s. To accept, open this link within a week:\n\n%s",
		args:    []any{t.Name, a.roleOf(t, in.Role).Title}, path: "/console/join",
	})
}

func (a *Access) knownRole(t *tenant, name string) error {
	r := a.roleOf(t, name)
	if r.Title == "" {
		return fault.OfField("role", "known", "must be a role of this tenant")
	}
	return nil
}

// Invited reads an invitation that waits, and whether its e-mail has an account already: `token_invalid` when it is no longer good.
func (a *Access) Invited(ctx context.Context, token string) (in models.AccountToken, known bool, err error) {
	hash := hashSecret(token)
	if in, err = a.opt.Store.AccountToken(ctx, models.TokenInvite, hash[:]); err != nil {
		return in, false, err
	}
	_, err = a.opt.Store.AccountByEmail(ctx, in.Email)
	if fault.Is(err, fault.NotFound) {
		return in, false, nil
	}
	return in, err == nil, err
}

// Accept uses an invitation up. Who has no account gets one, with the name and the password. `token_invalid`, `invalid`.
func (a *Access) Accept(ctx context.Context, token, name, password string) (models.Account, error) {
	_, known, err := a.Invited(ctx, token)
	if err != nil {
		return models.Account{}, err
	}
	var fresh models.Account
	if !known {
		if err := checkPassword(password); err != nil {
			return models.Account{}, err
		}
		if fresh.PasswordHash, err = a.passwords.hash(ctx, password); err != nil {
			return models.Account{}, err
		}
	}
	var out models.Account
	hash := hashSecret(token)
	err = a.opt.Store.Follow(ctx, models.TokenInvite, hash[:], func(f store.Followed) error {
		m, err := f.Account()
		if fault.Is(err, fault.NotFound) {
			m = tidyAccount(models.Account{Email: f.Token.Email, Name: name, PasswordHash: fresh.PasswordHash})
			if err := checkAccount(m); err != nil {
				return err
			}
			m, err = f.AddAccount(ctx, m)
		}
		if err != nil {
			return err
		}
		out = m
		user := f.Token.UserID
		if user == "" {
			user = m.ID
		}
		_, err = f.AddMember(ctx, m, models.Member{TenantID: f.Token.TenantID, UserID: user, AccountID: m.ID, Role: f.Token.Role})
		return err
	})
	a.Forget()
	return out, err
}

// AskReset has a link sent by which an account gets another password. Nothing tells whether there is an account.
func (a *Access) AskReset(ctx context.Context, email, address string) error {
	if a.opt.Mail == nil { // also for who has no account
		return noMail()
	}
	email = tidyEmail(email)
	if err := a.throttle.enter("reset "+email, address); err != nil {
		return err
	}
	m, err := a.opt.Store.AccountByEmail(ctx, email)
	if fault.Is(err, fault.NotFound) || err == nil && m.Disabled {
		return nil
	}
	if err != nil {
		return err
	}
	return a.send(ctx, models.AccountToken{Kind: models.TokenReset, AccountID: m.ID, Email: m.Email, Name: m.Name}, resetLife, letter{
		subject: "Another password for Tidemark",
		text:    "Somebody, probably you, asked for another password for %s. To set it, open this link within an hour:\n\n%s\n\nIf it was not you, your password stays as it is.",
		args:    []any{m.Email}, path: "/console/reset",
	})
}

// Reset uses a link up and sets another password; every session and sign-in of the account ends. `token_invalid`, `invalid`.
func (a *Access) Reset(ctx context.Context, token, password string) (models.Account, error) {
	if err := checkPassword(password); err != nil {
		return models.Account{}, err
	}
	hash := hashSecret(token)
	if _, err := a.opt.Store.AccountToken(ctx, models.TokenReset, hash[:]); err != nil {
		return models.Account{}, err
	}
	hashed, err := a.passwords.hash(ctx, password)
	if err != nil {
		return models.Account{}, err
	}
	var out models.Account
	err = a.opt.Store.Follow(ctx, models.TokenReset, hash[:], func(f store.Followed) error {
		if out, err = f.Account(); err != nil {
			return err
		}
		return f.SetPassword(ctx, out, hashed)
	})
	a.Forget()
	return out, err
}

// ChangeEmail has a link sent to a new e-mail; the account gets it when that is followed (ConfirmEmail). The one it has is told. `invalid`.
func (a *Access) ChangeEmail(ctx context.Context, m models.Account, email string) error {
	next := tidyAccount(models.Account{Email: email, Name: m.Name})
	if err := checkAccount(next); err != nil {
		return err
	}
	err := a.send(ctx, models.AccountToken{Kind: models.TokenEmail, AccountID: m.ID, Email: next.Email, Name: m.Name}, verifyLife, letter{
		subject: "Confirm your new e-mail for Tidemark",
		text:    "%s is to become the e-mail of an account. To confirm it, open this link within a day:\n\n%s",
		args:    []any{next.Email}, path: "/console/email",
	})
	if err != nil {
		return err
	}
	return a.opt.Mail.Send(ctx, mail.Message{
		To: m.Email, Subject: "Your e-mail for Tidemark is to change",
		Text: "Somebody who is signed in as you asked for " + next.Email + " to become the e-mail of your account. It does when the link that was sent there is followed.\n\nIf it was not you, change your password now and sign out everywhere.",
	})
}

// ConfirmEmail uses the link up. `token_invalid`; `invalid` when the e-mail is another account's by now.
func (a *Access) ConfirmEmail(ctx context.Context, token string) (models.Account, error) {
	var out models.Account
	hash := hashSecret(token)
	err := a.opt.Store.Follow(ctx, models.TokenEmail, hash[:], func(f store.Followed) error {
		var err error
		if out, err = f.Account(); err != nil {
			return err
		}
		err = f.SetEmail(ctx, out)
		out.Email = f.Token.Email
		return err
	})
	a.Forget()
	return out, err
}

func noMail() error { return fault.New(fault.NotFound, "This installation sends no mail.") }

// SendsMail says whether links can be sent.
func (a *Access) SendsMail() bool { return a.opt.Mail != nil }

// letter is the text of a mail with a link.
type letter struct {
	subject string
	text    string // with %s for the arguments, and for the link behind them
	args    []any
	path    string
}

// send keeps a link and has it mailed.
func (a *Access) send(ctx context.Context, t models.AccountToken, life time.Duration, l letter) error {
	if a.opt.Mail == nil {
		return noMail()
	}
	token, err := newSecret(linkPrefix)
	if err != nil {
		return err
	}
	hash := hashSecret(token)
	t.Hash, t.ExpiresAt = hash[:], clock.Millis(a.opt.Clock)+life.Milliseconds()
	if _, err := a.opt.Store.AddAccountToken(ctx, t); err != nil {
		return err
	}
	link := strings.TrimSuffix(a.opt.PublicURL, "/") + l.path + "?token=" + url.QueryEscape(token)
	return a.opt.Mail.Send(ctx, mail.Message{To: t.Email, Subject: l.subject, Text: fmt.Sprintf(l.text, append(l.args, link)...)})
}
