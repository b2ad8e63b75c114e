package access

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/internal/telemetry"
	"tidemark/models"
)

// A second factor is a time-based code as of RFC 6238, by an app that holds a secret, or one of ten recovery codes.
const (
	totpPeriod    = 30 // seconds
	totpIssuer    = "Tidemark"
	totpSize      = 20 // bytes of a secret
	totpPicture   = 232
	recoveryCodes = 10
	recoveryBytes = 10
	recoveryGroup = 4 // signs between two dashes
)

var (
	secretText   = base32.StdEncoding.WithPadding(base32.NoPadding)
	totpSettings = totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
)

// Enrolment is a secret that was drawn for an account, and does not count before a code proves that an app has it.
type Enrolment struct {
	Secret string // to be typed into an app
	key    *otp.Key
}

// PNG is the secret as a QR code, to be read by an app.
func (e Enrolment) PNG() ([]byte, error) {
	img, err := e.key.Image(totpPicture, totpPicture)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// BeginTOTP draws a secret for who gives their password: `invalid` for a wrong one, `rate_limited`; `already_resolved` for who has a
// second factor; `unavailable` where none can be kept.
func (a *Access) BeginTOTP(ctx context.Context, m models.Account, password string) error {
	if a.opt.Seal == nil {
		return fault.New(fault.Unavailable, "This installation keeps no second factors.")
	}
	if err := a.Confirm(ctx, m, password); err != nil {
		return err
	}
	secret := make([]byte, totpSize)
	_, _ = rand.Read(secret) // never fails
	return a.opt.Store.DrawTOTP(ctx, m, a.opt.Seal.Seal(secret, totpPlace(m)))
}

func totpPlace(m models.Account) []byte { return seal.Place("accounts", m.ID, "totp_secret") }

// TOTPEnrolment reads what was drawn last and does not count yet; `not_found` without it.
func (a *Access) TOTPEnrolment(m models.Account) (Enrolment, error) {
	if m.TOTPAt != 0 || len(m.TOTPSecret) == 0 {
		return Enrolment{}, fault.New(fault.NotFound, "No second factor is being set up.")
	}
	secret, err := a.openTOTP(m)
	if err != nil {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: m.Email, Secret: secret, Period: totpPeriod})
	return Enrolment{Secret: secretText.EncodeToString(secret), key: key}, err
}

func (a *Access) openTOTP(m models.Account) ([]byte, error) {
	if a.opt.Seal == nil {
		return nil, fault.New(fault.Unavailable, "This installation keeps no second factors.")
	}
	secret, err := a.opt.Seal.Open(m.TOTPSecret, totpPlace(m))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The second factor cannot be checked. An administrator can reset it.")
	}
	return secret, nil
}

// EnableTOTP makes the drawn secret count when a code of it is right, and gives the recovery codes, this once. The session with the
// token stays, all others end. A wrong code is `invalid`; too many are `rate_limited`.
func (a *Access) EnableTOTP(ctx context.Context, m models.Account, code, token string) ([]string, error) {
	if _, err := a.TOTPEnrolment(m); err != nil {
		return nil, err
	}
	address := telemetry.RequestOf(ctx).Address
	if err := a.throttle.enter(codeTries(m), address); err != nil {
		return nil, err
	}
	step, err := a.stepOf(m, tidyCode(code))
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, fault.OfField("code", "right", "is wrong: look whether the clock of your device is right")
	}
	codes, hashes := drawCodes(m)
	if err := a.opt.Store.EnableTOTP(ctx, m, step, hashes, token); err != nil {
		return nil, err
	}
	a.throttle.forgive(codeTries(m), address)
	return codes, nil
}

// codeTries is what the throttle counts codes of an account by.
func codeTries(m models.Account) string { return "code " + m.ID }

// tidyCode writes a code as it is compared, however it was typed.
func tidyCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(code))
}

// stepOf is the time step that a code is of, the present one or one of its neighbours; 0: of none.
func (a *Access) stepOf(m models.Account, code string) (int64, error) {
	secret, err := a.openTOTP(m)
	if err != nil {
		return 0, err
	}
	text, now, found := secretText.EncodeToString(secret), a.opt.Clock.Now(), int64(0)
	for _, near := range []time.Duration{-totpPeriod, 0, totpPeriod} {
		at := now.Add(near * time.Second)
		want, err := totp.GenerateCodeCustom(text, at, totpSettings)
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = at.Unix() / totpPeriod
		}
	}
	return found, nil
}

// drawCodes draws recovery codes, and gives the hashes that are kept of them.
func drawCodes(m models.Account) (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw) // never fails
		text := strings.ToLower(secretText.EncodeToString(raw))
		hashes = append(hashes, hashCode(m, text))
		var parts []string
		for ; text != ""; text = text[recoveryGroup:] {
			parts = append(parts, text[:recoveryGroup])
		}
		codes = append(codes, strings.Join(parts, "-"))
	}
	return codes, hashes
}

func hashCode(m models.Account, code string) []byte {
	sum := hashSecret("recovery|" + m.ID + "|" + code)
	return sum[:]
}

// SecondFactor signs somebody in whose password was right before: by the code of their app, which counts once, or by a recovery
// code. `sign_in_failed` for a wrong one, or one that was used; too many are `rate_limited`.
func (a *Access) SecondFactor(ctx context.Context, m models.Account, code, address string) error {
	ctx = actingAs(ctx, m, address)
	if err := a.checkCode(ctx, m, code, address); err != nil {
		return err
	}
	return a.opt.Store.AccountSignedIn(ctx, m, nil)
}

func (a *Access) checkCode(ctx context.Context, m models.Account, code, address string) error {
	if err := a.throttle.enter(codeTries(m), address); err != nil {
		return err
	}
	right, err := a.useCode(ctx, m, tidyCode(code))
	if err != nil {
		return err
	}
	if !right {
		a.opt.Log.WarnContext(ctx, "second_factor_refused", "account", m.ID, "address", address)
		if err := a.opt.Store.FactorRefused(ctx, m); err != nil {
			return err
		}
		return fault.New(fault.SignInFailed, "The code is wrong, or was used before.")
	}
	a.throttle.forgive(codeTries(m), address)
	return nil
}

// useCode uses a code up; false when it is none of the account's.
func (a *Access) useCode(ctx context.Context, m models.Account, code string) (bool, error) {
	if m.TOTPAt == 0 || code == "" || len(code) > maxPassword {
		return false, nil
	}
	if len(code) != totpSettings.Digits.Length() {
		return a.opt.Store.UseRecoveryCode(ctx, m, hashCode(m, code))
	}
	step, err := a.stepOf(m, code)
	if err != nil || step == 0 {
		return false, err
	}
	return a.opt.Store.UseTOTP(ctx, m, step)
}

// NewRecoveryCodes replaces the recovery codes of who gives their password, and shows them this once. Faults: as of Confirm.
func (a *Access) NewRecoveryCodes(ctx context.Context, m models.Account, password string) ([]string, error) {
	if m.TOTPAt == 0 {
		return nil, fault.New(fault.NotFound, "This account has no second factor.")
	}
	if err := a.Confirm(ctx, m, password); err != nil {
		return nil, err
	}
	codes, hashes := drawCodes(m)
	return codes, a.opt.Store.SetRecoveryCodes(ctx, m, hashes)
}

// DisableTOTP takes the second factor from who gives their password and a code. Faults: as of Confirm, and `invalid` for the code;
// `scope_missing` for whom a role asks for one.
func (a *Access) DisableTOTP(ctx context.Context, m models.Account, password, code string) error {
	if must, err := a.AsksFactor(ctx, m); err != nil || must {
		if err == nil {
			err = fault.New(fault.ScopeMissing, "Your role asks for a second factor, so it stays.")
		}
		return err
	}
	if err := a.Confirm(ctx, m, password); err != nil {
		return err
	}
	err := a.checkCode(ctx, m, code, telemetry.RequestOf(ctx).Address)
	if fault.Is(err, fault.SignInFailed) {
		return fault.OfField("code", "right", "is wrong, or was used before")
	}
	if err != nil {
		return err
	}
	return a.opt.Store.DisableTOTP(ctx, m)
}

// ResetFactors takes every second factor from the account with an e-mail, and signs it out everywhere; `not_found` without one.
func (a *Access) ResetFactors(ctx context.Context, email string) (models.Account, error) {
	m, err := a.opt.Store.AccountByEmail(ctx, tidyEmail(email))
	if err != nil {
		return m, err
	}
	defer a.Forget()
	return m, a.opt.Store.ResetFactors(ctx, m)
}

// AsksFactor says whether a person must have a second factor: as an administrator of the installation, or by a role in any tenant.
func (a *Access) AsksFactor(ctx context.Context, m models.Account) (bool, error) {
	if m.Installation && a.opt.AdminMFA {
		return true, nil
	}
	places, err := a.opt.Store.Memberships(ctx, m.ID)
	if err != nil {
		return false, err
	}
	for _, p := range places {
		who, err := a.place(ctx, m, p.TenantID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil || who.mfa {
			return err == nil, err
		}
	}
	return false, nil
}

// secondFactor lets somebody into an app: by their code when they have a second factor. `mfa_required` without a code, and for whose
// role asks for a second factor that they have not set up; otherwise as SecondFactor.
func (a *Access) secondFactor(ctx context.Context, m models.Account, must bool, in SignIn) error {
	switch {
	case m.TOTPAt == 0 && !must:
		return nil
	case m.TOTPAt == 0:
		return fault.New(fault.MFARequired, "Your role asks for a second factor. Set one up in the console first.")
	case in.Code == "":
		return fault.New(fault.MFARequired, "Give the code of your second factor as well.")
	}
	return a.SecondFactor(ctx, m, in.Code, in.Address)
}
