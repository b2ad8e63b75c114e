package access

import (
	"context"
	"net/mail"
	"strings"
	"unicode/utf8"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const (
	setupPrefix  = "setup_"
	maxEmail     = 254
	maxAdminName = 200
)

// SetupOpen says whether the installation still waits for its first administrator.
func (a *Access) SetupOpen(ctx context.Context) (bool, error) {
	n, err := a.opt.Store.Admins(ctx)
	return n == 0, err
}

// SetupToken draws the one-time token of the setup link; those drawn before stop
// being good. With an administrator there already it is `already_resolved`.
func (a *Access) SetupToken(ctx context.Context) (string, error) {
	token, err := newSecret(setupPrefix)
	if err != nil {
		return "", err
	}
	hash := hashSecret(token)
	return token, a.opt.Store.SetSetupToken(ctx, hash[:])
}

// Setup makes the first administrator for who holds the setup token: `token_invalid` otherwise, `invalid` for a bad field.
func (a *Access) Setup(ctx context.Context, token, email, name, password string) (models.Admin, error) {
	hash := hashSecret(token)
	if err := a.opt.Store.CheckSetupToken(ctx, hash[:]); err != nil {
		return models.Admin{}, err
	}
	m, err := a.newAdmin(ctx, email, name, password)
	if err != nil {
		return models.Admin{}, err
	}
	return a.opt.Store.SetUpAdmin(ctx, hash[:], m)
}

// CreateAdmin makes an administrator; `invalid` names a field that will not do.
func (a *Access) CreateAdmin(ctx context.Context, email, name, password string) (models.Admin, error) {
	m, err := a.newAdmin(ctx, email, name, password)
	if err != nil {
		return models.Admin{}, err
	}
	return a.opt.Store.CreateAdmin(ctx, m)
}

func (a *Access) newAdmin(ctx context.Context, email, name, password string) (models.Admin, error) {
	m := tidyAdmin(models.Admin{Email: email, Name: name})
	if err := checkAdmin(m); err != nil {
		return m, err
	}
	if err := checkPassword(password); err != nil {
		return m, err
	}
	var err error
	m.PasswordHash, err = a.passwords.hash(ctx, password)
	return m, err
}

// tidyAdmin writes the e-mail as it is compared; without a name it takes one from there.
func tidyAdmin(m models.Admin) models.Admin {
	m.Email, m.Name = tidyEmail(m.Email), strings.TrimSpace(m.Name)
	if m.Name == "" {
		m.Name, _, _ = strings.Cut(m.Email, "@")
	}
	return m
}

func tidyEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkAdmin(m models.Admin) error {
	addr, err := mail.ParseAddress(m.Email)
	if err != nil || addr.Address != m.Email || len(m.Email) > maxEmail {
		return fault.OfField("email", "format", "must be an e-mail address such as name@example.com")
	}
	if !utf8.ValidString(m.Name) || utf8.RuneCountInString(m.Name) > maxAdminName {
		return fault.OfField("name", "max", "may have at most %d characters", maxAdminName)
	}
	return nil
}

// UpdateAdmin changes an administrator's name and e-mail: `invalid` names a field
// that will not do, `stale_edit` says that the version is no longer theirs.
func (a *Access) UpdateAdmin(ctx context.Context, m models.Admin) (models.Admin, error) {
	if m = tidyAdmin(m); checkAdmin(m) != nil {
		return m, checkAdmin(m)
	}
	return a.opt.Store.UpdateAdmin(ctx, m)
}

// Passwords are those of a change: the one that counts, and the one that shall.
type Passwords struct{ Old, New string }

// ChangePassword gives an administrator another password and ends their sessions
// but the one with the token. A wrong old one is `invalid`, and a try as at the sign-in: too many are `rate_limited`.
func (a *Access) ChangePassword(ctx context.Context, m models.Admin, p Passwords, token string) (ended int64, err error) {
	if err := checkPassword(p.New); err != nil {
		return 0, err
	}
	right, err := a.proves(ctx, m, p.Old)
	if err != nil {
		return 0, err
	}
	if !right {
		a.opt.Log.WarnContext(ctx, "password_change_refused", "address", telemetry.RequestOf(ctx).Address)
		return 0, fault.OfField("old", "right", "is wrong")
	}
	hash, err := a.passwords.hash(ctx, p.New)
	if err != nil {
		return 0, err
	}
	return a.opt.Store.SetAdminPassword(ctx, m, hash, token)
}

// Confirm is for who is signed in and gives the password once more. A wrong one is
// `invalid`, and a try as at the sign-in: too many are `rate_limited`. The audit has both.
func (a *Access) Confirm(ctx context.Context, m models.Admin, password string) error {
	right, err := a.proves(ctx, m, password)
	if err != nil {
		return err
	}
	if err := a.opt.Store.AdminConfirmed(ctx, m, right); err != nil || right {
		return err
	}
	a.opt.Log.WarnContext(ctx, "confirmation_refused", "address", telemetry.RequestOf(ctx).Address)
	return fault.OfField("password", "right", "is wrong")
}

// proves says whether a password is the administrator's, as a try that the throttle counts.
func (a *Access) proves(ctx context.Context, m models.Admin, password string) (right bool, err error) {
	address := telemetry.RequestOf(ctx).Address
	if err := a.throttle.enter(m.Email, address); err != nil {
		return false, err
	}
	if len(password) > maxPassword {
		return false, nil
	}
	if right, err = a.passwords.matches(ctx, m.PasswordHash, password); right {
		a.throttle.forgive(m.Email, address)
	}
	return right, err
}

// AdminByID is the administrator of a session: `revoked` when disabled or gone.
func (a *Access) AdminByID(ctx context.Context, id string) (models.Admin, error) {
	m, err := a.opt.Store.AdminByID(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && m.Disabled {
		return models.Admin{}, fault.New(fault.Revoked, "You have been signed out.")
	}
	return m, err
}

// SignIn is the administrator with the e-mail and the password. A wrong one of
// either, or a disabled administrator, is the same `invalid` in the same time;
// too many of them for an account or an address is `rate_limited`.
func (a *Access) SignIn(ctx context.Context, email, password, address string) (models.Admin, error) {
	email = tidyEmail(email)
	if len(email) > maxEmail || len(password) > maxPassword {
		return models.Admin{}, wrongPassword()
	}
	if err := a.throttle.enter(email, address); err != nil {
		return models.Admin{}, err
	}
	m, err := a.opt.Store.AdminByEmail(ctx, email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return models.Admin{}, err
	}
	right, err := a.passwords.matches(ctx, m.PasswordHash, password)
	if err != nil {
		return models.Admin{}, err
	}
	if !right || m.Disabled {
		a.opt.Log.WarnContext(ctx, "signin_refused", "address", address)
		return models.Admin{}, wrongPassword()
	}
	a.throttle.forgive(email, address)
	return m, a.signedIn(ctx, m, password, address)
}

func wrongPassword() error {
	return &fault.Error{Code: fault.Invalid, Message: "The e-mail or the password is wrong."}
}

// signedIn notes the sign-in, and hashes the password anew if it was hashed cheaply.
func (a *Access) signedIn(ctx context.Context, m models.Admin, password, address string) error {
	var stronger []byte
	if a.passwords.weak(m.PasswordHash) {
		var err error
		if stronger, err = a.passwords.hash(ctx, password); err != nil {
			return err
		}
	}
	by := store.Author{Actor: "admin:" + m.ID, Address: address, RequestID: telemetry.RequestOf(ctx).ID}
	return a.opt.Store.AdminSignedIn(store.As(ctx, by), m, stronger)
}
