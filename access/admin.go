package access

import (
	"cmp"
	"context"
	"net/mail"
	"strings"
	"unicode/utf8"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const (
	setupPrefix    = "setup_"
	maxEmail       = 254
	maxAccountName = 200
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
func (a *Access) Setup(ctx context.Context, token, email, name, password string) (models.Account, error) {
	hash := hashSecret(token)
	if err := a.opt.Store.CheckSetupToken(ctx, hash[:]); err != nil {
		return models.Account{}, err
	}
	m, err := a.newAccount(ctx, email, name, password)
	if err != nil {
		return models.Account{}, err
	}
	return a.opt.Store.SetUpAdmin(ctx, hash[:], m)
}

// CreateAdmin makes an administrator; `invalid` names a field that will not do.
func (a *Access) CreateAdmin(ctx context.Context, email, name, password string) (models.Account, error) {
	m, err := a.newAccount(ctx, email, name, password)
	if err != nil {
		return models.Account{}, err
	}
	m.Installation, m.VerifiedAt = true, clock.Millis(a.opt.Clock)
	return a.opt.Store.CreateAccount(ctx, m)
}

func (a *Access) newAccount(ctx context.Context, email, name, password string) (models.Account, error) {
	m := tidyAccount(models.Account{Email: email, Name: name})
	if err := checkAccount(m); err != nil {
		return m, err
	}
	if err := checkPassword(password); err != nil {
		return m, err
	}
	var err error
	m.PasswordHash, err = a.passwords.hash(ctx, password)
	return m, err
}

// tidyAccount writes the e-mail as it is compared; without a name it takes one from there.
func tidyAccount(m models.Account) models.Account {
	m.Email, m.Name = tidyEmail(m.Email), strings.TrimSpace(m.Name)
	if m.Name == "" {
		m.Name, _, _ = strings.Cut(m.Email, "@")
	}
	return m
}

func tidyEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkAccount(m models.Account) error {
	addr, err := mail.ParseAddress(m.Email)
	if err != nil || addr.Address != m.Email || len(m.Email) > maxEmail {
		return fault.OfField("email", "format", "must be an e-mail address such as name@example.com")
	}
	if !utf8.ValidString(m.Name) || utf8.RuneCountInString(m.Name) > maxAccountName {
		return fault.OfField("name", "max", "may have at most %d characters", maxAccountName)
	}
	return nil
}

// UpdateAccount changes an administrator's name and e-mail: `invalid` names a field
// that will not do, `stale_edit` says that the version is no longer theirs.
func (a *Access) UpdateAccount(ctx context.Context, m models.Account) (models.Account, error) {
	if m = tidyAccount(m); checkAccount(m) != nil {
		return m, checkAccount(m)
	}
	return a.opt.Store.UpdateAccount(ctx, m)
}

// Passwords are those of a change: the one that counts, and the one that shall.
type Passwords struct{ Old, New string }

// ChangePassword gives an administrator another password and ends their sessions
// but the one with the token. A wrong old one is `invalid`, and a try as at the sign-in: too many are `rate_limited`.
func (a *Access) ChangePassword(ctx context.Context, m models.Account, p Passwords, token string) (ended int64, err error) {
	return a.ChangePasswordBy(ctx, m, p, store.Keep{Session: token})
}

// ChangePasswordBy is ChangePassword, by a session or by the sign-in of an app, which goes on.
func (a *Access) ChangePasswordBy(ctx context.Context, m models.Account, p Passwords, keep store.Keep) (ended int64, err error) {
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
	defer a.Forget()
	return a.opt.Store.SetPasswordBy(ctx, m, hash, keep)
}

// Confirm is for who is signed in and gives the password once more. A wrong one is
// `invalid`, and a try as at the sign-in: too many are `rate_limited`. The audit has both.
func (a *Access) Confirm(ctx context.Context, m models.Account, password string) error {
	right, err := a.proves(ctx, m, password)
	if err != nil {
		return err
	}
	if err := a.opt.Store.AccountConfirmed(ctx, m, right); err != nil || right {
		return err
	}
	a.opt.Log.WarnContext(ctx, "confirmation_refused", "address", telemetry.RequestOf(ctx).Address)
	return fault.OfField("password", "right", "is wrong")
}

// proves says whether a password is the administrator's, as a try that the throttle counts.
func (a *Access) proves(ctx context.Context, m models.Account, password string) (right bool, err error) {
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

// AccountByID is the administrator of a session: `revoked` when disabled or gone.
func (a *Access) AccountByID(ctx context.Context, id string) (models.Account, error) {
	m, err := a.opt.Store.AccountByID(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && m.Disabled {
		return models.Account{}, fault.New(fault.Revoked, "You have been signed out.")
	}
	return m, err
}

// SignIn is the administrator with the e-mail and the password. A wrong one of
// either, or a disabled administrator, is the same `invalid` in the same time;
// too many of them for an account or an address is `rate_limited`. Who has a second
// factor (TOTPAt) is not signed in before SecondFactor says so.
func (a *Access) SignIn(ctx context.Context, email, password, address string) (models.Account, error) {
	email = tidyEmail(email)
	if len(email) > maxEmail || len(password) > maxPassword {
		return models.Account{}, wrongPassword()
	}
	if err := a.throttle.enter(email, address); err != nil {
		return models.Account{}, err
	}
	m, err := a.opt.Store.AccountByEmail(ctx, email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return models.Account{}, err
	}
	right, err := a.passwords.matches(ctx, m.PasswordHash, password)
	if err != nil {
		return models.Account{}, err
	}
	if !right || m.Disabled {
		a.opt.Log.WarnContext(ctx, "signin_refused", "address", address)
		return models.Account{}, wrongPassword()
	}
	a.throttle.forgive(email, address)
	return m, a.signedIn(ctx, m, password, address)
}

func wrongPassword() error {
	return &fault.Error{Code: fault.Invalid, Message: "The e-mail or the password is wrong."}
}

// signedIn notes the sign-in, and hashes the password anew if it was hashed cheaply.
func (a *Access) signedIn(ctx context.Context, m models.Account, password, address string) error {
	var stronger []byte
	if a.passwords.weak(m.PasswordHash) {
		var err error
		if stronger, err = a.passwords.hash(ctx, password); err != nil {
			return err
		}
	}
	if m.TOTPAt != 0 { // they are not in yet
		return a.opt.Store.StrongerPassword(ctx, m, stronger)
	}
	return a.opt.Store.AccountSignedIn(actingAs(ctx, m, address), m, stronger)
}

// actingAs makes an account the author of what it does as it signs in, from where the context says, or else the request: that of a page of the console.
func actingAs(ctx context.Context, m models.Account, address string) context.Context {
	by, req := store.AuthorIn(ctx), telemetry.RequestOf(ctx)
	by.Actor, by.Address = m.Actor(), address
	by.UserAgent, by.RequestID = cmp.Or(by.UserAgent, req.Agent), cmp.Or(by.RequestID, req.ID)
	by.Door = cmp.Or(by.Door, models.DoorConsole)
	return store.As(ctx, by)
}
