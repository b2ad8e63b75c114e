package access

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	maxPasskeyName = 100
	maxCeremony    = 64 << 10 // bytes of what a browser answers
)

// Ceremony is one exchange with a browser's authenticator: what the browser is asked, and what must be kept, out of its reach, until
// it answers.
type Ceremony struct {
	Ask  []byte // JSON, for the browser
	Keep []byte
}

// relyingParty is the server as authenticators know it: by the origin that is configured, or where none is, outside production,
// by the one that the page was asked at. `unavailable` without, and where that is an address.
func (a *Access) relyingParty(origin string) (*webauthn.WebAuthn, error) {
	if a.opt.Origin != "" {
		origin = a.opt.Origin
	} else if a.opt.FixedOrigin {
		return nil, fault.New(fault.Unavailable, "Passkeys need the address of this server to be configured.")
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return nil, fault.New(fault.Unavailable, "Passkeys need a host.")
	}
	resident := protocol.ResidentKeyRequirementRequired
	rp, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: totpIssuer, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: resident, UserVerification: protocol.VerificationRequired},
		AttestationPreference:  protocol.PreferNoAttestation,
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "Passkeys need this server to be reached by a name, not by an address.")
	}
	return rp, nil
}

// holder is an account as the authenticator's protocol sees it.
type holder struct {
	account models.Account
	keys    []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.account.ID) }
func (h holder) WebAuthnName() string                       { return h.account.Email }
func (h holder) WebAuthnDisplayName() string                { return h.account.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (a *Access) holderOf(ctx context.Context, m models.Account) (holder, error) {
	kept, err := a.opt.Store.Passkeys(ctx, m.ID)
	if err != nil {
		return holder{}, err
	}
	h := holder{account: m}
	for _, k := range kept {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return holder{}, err
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

func ceremony(ask any, keep *webauthn.SessionData, err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, err
	}
	var c Ceremony
	if c.Ask, err = json.Marshal(ask); err != nil {
		return c, err
	}
	c.Keep, err = json.Marshal(keep)
	return c, err
}

// BeginPasskey begins to add a passkey for who gives their password. Faults: as of Confirm; `unavailable`.
func (a *Access) BeginPasskey(ctx context.Context, m models.Account, password, origin string) (Ceremony, error) {
	rp, err := a.relyingParty(origin)
	if err != nil {
		return Ceremony{}, err
	}
	if err := a.Confirm(ctx, m, password); err != nil {
		return Ceremony{}, err
	}
	h, err := a.holderOf(ctx, m)
	if err != nil {
		return Ceremony{}, err
	}
	ask, keep, err := rp.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	return ceremony(ask, keep, err)
}

// AddPasskey adds the passkey that a browser answered with: `invalid` when it is not what was asked for.
func (a *Access) AddPasskey(ctx context.Context, m models.Account, name, origin string, kept, answered []byte) error {
	if name = strings.TrimSpace(name); name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxPasskeyName {
		return fault.OfField("name", "max", "must be 1 to %d characters", maxPasskeyName)
	}
	rp, keep, err := a.ceremonyOf(origin, kept, answered)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answered)
	if err != nil {
		return refusedPasskey(err)
	}
	made, err := rp.CreateCredential(holder{account: m}, keep, parsed)
	if err != nil {
		return refusedPasskey(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return a.opt.Store.AddPasskey(ctx, m, models.Passkey{ID: made.ID, Name: name, Credential: text})
}

func refusedPasskey(cause error) error {
	return &fault.Error{Code: fault.Invalid, Message: "The passkey was not accepted. Try again.", Cause: cause}
}

// ceremonyOf reads what was kept of an exchange, for the answer to it.
func (a *Access) ceremonyOf(origin string, kept, answered []byte) (*webauthn.WebAuthn, webauthn.SessionData, error) {
	var keep webauthn.SessionData
	rp, err := a.relyingParty(origin)
	if err != nil {
		return nil, keep, err
	}
	if json.Unmarshal(kept, &keep) != nil || keep.Challenge == "" || len(answered) > maxCeremony {
		return nil, keep, refusedPasskey(nil)
	}
	return rp, keep, nil
}

// BeginPasskeySignIn asks a browser for any passkey it has for this server. Too many from one address are `rate_limited`.
func (a *Access) BeginPasskeySignIn(origin, address string) (Ceremony, error) {
	rp, err := a.relyingParty(origin)
	if err != nil {
		return Ceremony{}, err
	}
	if err := a.throttle.enter("passkey "+network(address), address); err != nil {
		return Ceremony{}, err
	}
	ask, keep, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	return ceremony(ask, keep, err)
}

// PasskeySignIn is the account whose passkey a browser answered with. The authenticator has verified the person, so it
// counts as password and second factor together. Any other answer, and a disabled account, is `sign_in_failed`.
func (a *Access) PasskeySignIn(ctx context.Context, origin, address string, kept, answered []byte) (models.Account, error) {
	rp, keep, err := a.ceremonyOf(origin, kept, answered)
	if err != nil {
		return models.Account{}, err
	}
	m, err := a.passkeyHolder(ctx, rp, keep, answered)
	if err != nil {
		a.opt.Log.WarnContext(ctx, "passkey_refused", "address", address, "error", err)
		return models.Account{}, fault.New(fault.SignInFailed, "This passkey is not known here.")
	}
	a.throttle.forgive("passkey "+network(address), address)
	return m, a.opt.Store.AccountSignedIn(actingAs(ctx, m, address), m, nil)
}

func (a *Access) passkeyHolder(ctx context.Context, rp *webauthn.WebAuthn, keep webauthn.SessionData, answered []byte) (models.Account, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answered)
	if err != nil {
		return models.Account{}, err
	}
	var found holder
	used, err := rp.ValidateDiscoverableLogin(func(_, id []byte) (webauthn.User, error) {
		m, err := a.AccountByID(ctx, string(id))
		if err != nil {
			return nil, err
		}
		found, err = a.holderOf(ctx, m)
		return found, err
	}, keep, parsed)
	if err != nil {
		return models.Account{}, err
	}
	if !parsed.Response.AuthenticatorData.Flags.HasUserVerified() || used.Authenticator.CloneWarning {
		return models.Account{}, fault.New(fault.SignInFailed, "The passkey did not verify who holds it, or there is a copy of it.")
	}
	text, err := json.Marshal(used)
	if err != nil {
		return models.Account{}, err
	}
	return found.account, a.opt.Store.UsePasskey(ctx, models.Passkey{ID: used.ID, AccountID: found.account.ID, Credential: text})
}
