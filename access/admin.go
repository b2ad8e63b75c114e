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
	m := models.Admin{Email: tidyEmail(email), Name: strings.TrimSpace(name)}
	if m.Name == "" {
		m.Name, _, _ = strings.Cut(m.Email, "@")
	}
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

func tidyEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkAdmin(m models.Admin) error {
	addr, err := mail.ParseAddress(m.Email)
	if err != nil || addr.Address != m.Email || len(m.Email) > maxEmail {
		return fault.OfField("email", "format", "must be an e-mail address")
	}
	if !utf8.ValidString(m.Name) || utf8.RuneCountInString(m.Name) > maxAdminName {
		return fault.OfField("name", "max", "may have at most %d characters", maxAdminName)
	}
	return nil
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
