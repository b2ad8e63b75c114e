package access

import (
	"context"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	allUsers    = "*"
	defaultUser = "default"
)

// Credential is what a request brought along, unverified.
type Credential struct {
	APIKey     string
	Bearer     string
	Ticket     string
	UserID     string // the user named by header or query; "*" for all users
	InstanceID string
	Schema     int64 // the version of the tenant's tables that the caller knows; 0: none named
	Door       models.Door
	Address    string
	Origin     string // of a page
	UserAgent  string // its first 512 bytes count
	RequestID  string

	Installation bool // what is asked for is open to tokens of the installation, too
}

// Authenticate turns a credential into a caller. Faults: 401 by its code; `tenant_suspended`,
// `ip_not_allowed`, `country_not_allowed`, `origin_not_allowed`, `user_agent_not_allowed`, `identity_mismatch` and `scope_missing` (403); `malformed`
// for more than one credential; `invalid` for a bad name; `unavailable`.
func (a *Access) Authenticate(ctx context.Context, cr Credential) (models.Caller, error) {
	c, err := a.identify(ctx, &cr)
	if err != nil {
		return models.Caller{}, err
	}
	cameBy(&c, &cr)
	if err := a.actFor(ctx, &c, &cr); err != nil {
		a.Served(c, Authenticated, err)
		return models.Caller{}, err
	}
	return c, nil
}

// cameBy notes where a caller asks from.
func cameBy(c *models.Caller, cr *Credential) {
	c.Door, c.Address, c.Origin, c.UserAgent, c.RequestID, c.Schema = cr.Door, cr.Address, cr.Origin, cr.UserAgent, cr.RequestID, cr.Schema
}

// identify says who the credential is. An empty user means it may name one.
func (a *Access) identify(ctx context.Context, cr *Credential) (models.Caller, error) {
	switch {
	case cr.APIKey == "" && cr.Bearer == "" && cr.Ticket == "":
		return models.Caller{}, fault.New(fault.APIKeyMissing, "Send an API key in X-API-Key, or a token in Authorization: Bearer.")
	case cr.Bearer == "" && cr.Ticket == "":
		return a.byKey(ctx, cr)
	case cr.APIKey == "" && cr.Ticket == "":
		return a.byToken(ctx, cr)
	case cr.APIKey == "" && cr.Bearer == "":
		return a.byTicket(ctx, cr)
	}
	return models.Caller{}, fault.New(fault.Malformed, "Send one credential, not several.")
}

func (a *Access) byKey(ctx context.Context, cr *Credential) (models.Caller, error) {
	if !a.opt.APIKeysEnabled {
		return models.Caller{}, keysOff()
	}
	if !wellFormed(cr.APIKey) {
		return models.Caller{}, fault.New(fault.APIKeyInvalid, "This is not an API key, or it has a typo.")
	}
	hash := hashSecret(cr.APIKey)
	e, err := a.keyByHash(ctx, hash)
	if err != nil {
		return models.Caller{}, err
	}
	c, now := e.caller, clock.Millis(a.opt.Clock)
	c.Rotation = e.rotationOf(hash[:])
	c.ExpiresAt = e.ends(c.Rotation)
	if err := e.good(now, c.Rotation, source{cr.Address, cr.Origin, cr.UserAgent}); err != nil {
		cameBy(&c, cr)
		a.note(e.uses, &c, Authenticated, err)
		return models.Caller{}, err
	}
	e.uses.at.Store(now)
	return c, nil
}

// good says whether the key lets in at now (ms), by the secret of a rotation, from there.
func (e *entry) good(now, rotation int64, from source) error {
	for _, c := range standing {
		if err := c.ask(e, now, rotation); err != nil {
			return err
		}
	}
	return e.admit(from)
}

// open says whether the tenant lets in from there.
func (t *tenant) open(from source) error {
	if err := t.standing(); err != nil {
		return err
	}
	return t.rules.admit(from)
}

// standing says whether the tenant lets anybody in: tokens are issued by that, and held to its rules when they are used.
func (t *tenant) standing() error {
	if t.Suspended || t.DeletedAt != 0 {
		return fault.New(fault.TenantSuspended, "This tenant is suspended.")
	}
	return nil
}

func (a *Access) byToken(ctx context.Context, cr *Credential) (models.Caller, error) {
	claims, err := a.verify(cr.Bearer)
	if err != nil {
		return models.Caller{}, err
	}
	if claims.Type == tokenInstallation {
		return a.byInstallation(ctx, claims, cr)
	}
	t, err := a.tenantNamed(ctx, claims.tenant())
	if fault.Is(err, fault.NotFound) {
		return models.Caller{}, tokenFault(err)
	}
	if err != nil {
		return models.Caller{}, err
	}
	if err := t.open(source{cr.Address, cr.Origin, cr.UserAgent}); err != nil {
		return models.Caller{}, err
	}
	c := models.Caller{
		TenantID: t.ID, UserID: claims.Subject, Actor: "user:" + claims.Subject, Scopes: fullScopes, AccountID: claims.Account, FamilyID: claims.Family,
		CanRead: true, CanWrite: true, ExpiresAt: claims.ExpiresAt.UnixMilli(), Strategy: t.Strategy, Policies: t.Policies, Assisted: t.Assisted,
	}
	if claims.Scopes != nil {
		c.Scopes = *claims.Scopes
	}
	who, err := a.member(ctx, t, c.UserID)
	if err != nil {
		return models.Caller{}, err
	}
	if err := a.stands(ctx, &c, who); err != nil {
		return models.Caller{}, err
	}
	who.bind(&c)
	return c, nil
}

// stands says whether what a token was issued for still holds: the user is let in, is still the account's, and the sign-in has not ended.
func (a *Access) stands(ctx context.Context, c *models.Caller, who *member) error {
	if err := who.admit(); err != nil {
		return err
	}
	if c.AccountID != "" && who.AccountID != c.AccountID {
		return fault.New(fault.Revoked, "This user is no longer a member of the tenant.")
	}
	if c.FamilyID == "" {
		return nil
	}
	return a.familyStands(ctx, c.FamilyID)
}

// actFor settles whose items are meant: a credential of a user means that user's,
// a server's key may name any, and `*` means all users' with the scope for it.
func (a *Access) actFor(ctx context.Context, c *models.Caller, cr *Credential) error {
	if cr.InstanceID != "" {
		if err := protocol.CheckInstance(cr.InstanceID); err != nil {
			return err
		}
		c.InstanceID = cr.InstanceID
	}
	if cr.UserID == allUsers && !c.AllUsers {
		if err := a.Allow(*c, UsersAll, "", ""); err != nil {
			return err
		}
		c.AllUsers = true
	}
	named := cr.UserID
	if named == "" || named == allUsers {
		if c.UserID != "" {
			return nil
		}
		named = defaultUser
	}
	if c.UserID == named {
		return nil
	}
	if c.UserID != "" {
		return fault.New(fault.IdentityMismatch, "This credential acts for another user than the one named.")
	}
	c.UserID = named
	if err := protocol.CheckOwner(named); err != nil || c.AllUsers {
		return err
	}
	return a.admitUser(ctx, c)
}

// admitUser refuses a user who is shut out of the tenant, also when a server acts for them.
func (a *Access) admitUser(ctx context.Context, c *models.Caller) error {
	t, err := a.tenantNamed(ctx, c.TenantID)
	if err != nil {
		return err
	}
	who, err := a.member(ctx, t, c.UserID)
	if err != nil {
		return err
	}
	return who.admit()
}

// Recheck says whether a caller authenticated earlier would still be let in: nil,
// or the fault it would get now. It reads from the cache, and from the database only what changed since.
func (a *Access) Recheck(ctx context.Context, c models.Caller) error {
	now := clock.Millis(a.opt.Clock)
	if c.KeyID != "" {
		return a.recheckKey(ctx, &c, now)
	}
	if c.ExpiresAt != 0 && c.ExpiresAt <= now {
		return fault.New(fault.TokenExpired, "The token has expired. Get a new one.")
	}
	if c.Installation {
		return a.administers(ctx, &c)
	}
	t, err := a.tenantNamed(ctx, c.TenantID)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Revoked, "This tenant is gone.")
	}
	if err != nil {
		return err
	}
	if err := t.open(source{c.Address, c.Origin, c.UserAgent}); err != nil {
		return err
	}
	who, err := a.member(ctx, t, c.UserID)
	if err != nil {
		return err
	}
	return a.stands(ctx, &c, who)
}

// Renew gives a caller authenticated earlier the rights that its credential has
// now, or the fault it would get.
func (a *Access) Renew(ctx context.Context, c models.Caller) (models.Caller, error) {
	if err := a.Recheck(ctx, c); err != nil {
		return c, err
	}
	if c.KeyID == "" {
		return a.renewToken(ctx, c)
	}
	e, err := a.keyByID(ctx, c.KeyID)
	if err != nil {
		return c, err
	}
	now := e.caller
	c.Scopes, c.Reads, c.CanRead, c.CanWrite, c.ExpiresAt = now.Scopes, now.Reads, now.CanRead, now.CanWrite, e.ends(c.Rotation)
	c.Role, c.Grants, c.Fields = now.Role, now.Grants, now.Fields
	if c.AllUsers {
		err = a.Allow(c, UsersAll, "", "")
	}
	return c, err
}

// renewToken gives the caller of a token, whose scopes stand in it, the rights of the user's role as it is now.
func (a *Access) renewToken(ctx context.Context, c models.Caller) (models.Caller, error) {
	t, err := a.tenantNamed(ctx, c.TenantID)
	if err != nil {
		return c, err
	}
	who, err := a.member(ctx, t, c.UserID)
	if err != nil {
		return c, err
	}
	who.bind(&c)
	if c.AllUsers {
		err = a.Allow(c, UsersAll, "", "")
	}
	return c, err
}

func (a *Access) recheckKey(ctx context.Context, c *models.Caller, now int64) error {
	if !a.opt.APIKeysEnabled {
		return keysOff()
	}
	e, err := a.keyByID(ctx, c.KeyID)
	if err != nil {
		return err
	}
	if err := e.good(now, c.Rotation, source{c.Address, c.Origin, c.UserAgent}); err != nil || e.user != nil || c.AllUsers {
		return err
	}
	return a.admitUser(ctx, c)
}

func keysOff() error {
	return fault.New(fault.APIKeyInvalid, "API keys are switched off here.")
}
