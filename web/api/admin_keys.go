package api

import (
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const maxAdminPage = 100

// APIKey is a key of the tenant. Its secret is shown once, when it is made or replaced.
type APIKey struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Secret     string    `json:"key,omitempty" doc:"Shown once."`
	Prefix     string    `json:"prefix"`
	Last4      string    `json:"last4"`
	UserID     string    `json:"userId,omitempty" doc:"The user it is bound to; absent: a server's key."`
	State      string    `json:"state" enum:"active,disabled,expired,revoked"`
	IsActive   bool      `json:"isActive"`
	CanRead    bool      `json:"canRead"`
	CanWrite   bool      `json:"canWrite"`
	Scopes     []string  `json:"scopes" nullable:"false"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	RevokedAt  time.Time `json:"revokedAt,omitzero"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"`
	RotatedAt  time.Time `json:"rotatedAt,omitzero"`
	FormerEnds time.Time `json:"formerUntil,omitzero" doc:"Until then the secret before the last rotation lets in."`
	Version    int64     `json:"version"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`
	models.Restrictions
	models.Quotas
}

// APIKeyPage is a page of keys, the newest first.
type APIKeyPage struct {
	Keys     []APIKey `json:"keys" nullable:"false"`
	NextPage string   `json:"nextPage,omitempty"`
}

// APIKeyInput makes a key, or changes what it names of one.
type APIKeyInput struct {
	Name      *string    `json:"name,omitempty"`
	UserID    *string    `json:"userId,omitempty" doc:"When it is made."`
	IsActive  *bool      `json:"isActive,omitempty" doc:"Of a key that is there."`
	CanRead   *bool      `json:"canRead,omitempty"`
	CanWrite  *bool      `json:"canWrite,omitempty"`
	Scopes    *[]string  `json:"scopes,omitempty"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
	IPs       *[]string  `json:"ipRestrictions,omitempty"`
	Countries *[]string  `json:"countryRestrictions,omitempty"`
	Unplaced  *bool      `json:"allowUnknownCountry,omitempty"`
	Domains   *[]string  `json:"domainRestrictions,omitempty"`
	Agents    *[]string  `json:"userAgentPatterns,omitempty"`
	PerMinute *int64     `json:"quotaPerMinute,omitempty"`
	PerHour   *int64     `json:"quotaPerHour,omitempty"`
	PerDay    *int64     `json:"quotaPerDay,omitempty"`
	PerMonth  *int64     `json:"quotaPerMonth,omitempty"`
}

// RotateInput says how long the secret that a key has lets in beside its next one.
type RotateInput struct {
	Overlap int64 `json:"overlapSeconds,omitempty" minimum:"0"`
}

func (a *API) apiKeyOf(k models.APIKey) APIKey {
	out := APIKey{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, Last4: k.Last4, UserID: k.UserID, State: string(k.State(clock.Millis(a.opt.Clock))),
		IsActive: k.Active, CanRead: k.CanRead, CanWrite: k.CanWrite, Scopes: k.Scopes, Restrictions: k.From, Quotas: k.Quotas,
		ExpiresAt: moment(k.ExpiresAt), RevokedAt: moment(k.RevokedAt), LastUsedAt: moment(k.LastUsedAt), RotatedAt: moment(k.RotatedAt), FormerEnds: moment(k.Former.Until),
		Version: k.Version, CreatedAt: moment(k.CreatedAt), UpdatedAt: moment(k.UpdatedAt),
	}
	if out.Scopes == nil {
		out.Scopes = []string{}
	}
	return out
}

func (in APIKeyInput) into(k *models.APIKey) {
	keep(&k.Name, in.Name)
	keep(&k.CanRead, in.CanRead)
	keep(&k.CanWrite, in.CanWrite)
	keep(&k.Scopes, in.Scopes)
	keep(&k.From.IPs, in.IPs)
	keep(&k.From.Countries, in.Countries)
	keep(&k.From.Unplaced, in.Unplaced)
	keep(&k.From.Domains, in.Domains)
	keep(&k.From.UserAgents, in.Agents)
	keep(&k.Quotas.PerMinute, in.PerMinute)
	keep(&k.Quotas.PerHour, in.PerHour)
	keep(&k.Quotas.PerDay, in.PerDay)
	keep(&k.Quotas.PerMonth, in.PerMonth)
	if in.ExpiresAt != nil {
		k.ExpiresAt = millis(in.ExpiresAt)
	}
}

var keyFields = []string{
	"name", "userId", "isActive", "canRead", "canWrite", "scopes", "expiresAt", "ipRestrictions", "countryRestrictions", "allowUnknownCountry", "domainRestrictions",
	"userAgentPatterns", "quotaPerMinute", "quotaPerHour", "quotaPerDay", "quotaPerMonth",
}

// ListKeysOfTenant answers a page of the tenant's keys, the newest first.
func (a *API) ListKeysOfTenant(c *fiber.Ctx, who models.Caller) error {
	q := store.KeyQuery{TenantID: who.TenantID, State: models.KeyState(text(c, "state")), Text: text(c, "q"), Before: text(c, "page"), Limit: maxAdminPage + 1}
	switch q.State {
	case "", models.KeyActive, models.KeyDisabled, models.KeyExpired, models.KeyRevoked:
	default:
		return fault.OfField("state", "one_of", "must be active, disabled, expired or revoked")
	}
	if q.Before != "" {
		if err := protocol.CheckConflictID("page", q.Before); err != nil {
			return err
		}
	}
	found, err := a.opt.Store.KeyPage(c.UserContext(), q)
	if err != nil {
		return err
	}
	out := APIKeyPage{Keys: []APIKey{}}
	if len(found) > maxAdminPage {
		found = found[:maxAdminPage]
		out.NextPage = found[maxAdminPage-1].ID
	}
	for _, k := range found {
		out.Keys = append(out.Keys, a.apiKeyOf(k))
	}
	return sendJSON(c, out)
}

// CreateAPIKey makes a key, which can do no more than who makes it.
func (a *API) CreateAPIKey(c *fiber.Ctx, who models.Caller) error {
	var in APIKeyInput
	if err := strict(c, &in, keyFields...); err != nil {
		return err
	}
	if in.IsActive != nil {
		return fault.OfField("isActive", "known", "cannot be set on a new key; it is active")
	}
	scopes, _ := a.opt.Access.NewKeyDefaults()
	k := models.APIKey{CanRead: true, CanWrite: true, Scopes: scopes}
	in.into(&k)
	keep(&k.UserID, in.UserID)
	if err := a.opt.Access.MayGive(who, k.Scopes); err != nil {
		return err
	}
	n := access.NewKey{TenantID: who.TenantID, Name: k.Name, UserID: k.UserID, ReadOnly: !k.CanWrite, WriteOnly: !k.CanRead, Scopes: k.Scopes, From: k.From, Quotas: k.Quotas, ExpiresAt: k.ExpiresAt}
	if in.ExpiresAt != nil && k.ExpiresAt == 0 {
		never := 0
		n.Days = &never
	}
	made, secret, err := a.opt.Access.CreateKey(authored(c, who), n)
	if err != nil {
		return err
	}
	out := a.apiKeyOf(made)
	out.Secret = secret
	c.Set(fiber.HeaderLocation, adminPath+"/api-keys/"+made.ID)
	c.Status(fiber.StatusCreated)
	setETag(c, made.Version)
	return sendJSON(c, out)
}

// GetAPIKey answers a key.
func (a *API) GetAPIKey(c *fiber.Ctx, who models.Caller) error {
	k, err := a.opt.Store.APIKey(c.UserContext(), who.TenantID, c.Params("*"))
	if err != nil {
		return err
	}
	setETag(c, k.Version)
	return sendJSON(c, a.apiKeyOf(k))
}

// EditAPIKey changes what the body names of a key, at the version that If-Match names.
func (a *API) EditAPIKey(c *fiber.Ctx, who models.Caller) error {
	var in APIKeyInput
	if err := strict(c, &in, keyFields...); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	k, err := a.opt.Store.APIKey(c.UserContext(), who.TenantID, c.Params("*"))
	if err != nil {
		return err
	}
	if in.UserID != nil && *in.UserID != k.UserID {
		return fault.OfField("userId", "known", "cannot be changed; make another key")
	}
	if in.IsActive != nil && *in.IsActive != k.Active {
		if len(c.Request().Body()) > 0 && (APIKeyInput{IsActive: in.IsActive, UserID: in.UserID}) != in {
			return fault.OfField("isActive", "alone", "must be changed alone")
		}
		k, err = a.opt.Access.SetKeyActive(authored(c, who), k.ID, *in.IsActive, version)
		return a.keyDone(c, who, k, err)
	}
	if in.Scopes != nil {
		if err := a.opt.Access.MayGive(who, *in.Scopes); err != nil {
			return err
		}
	}
	id := k.ID
	in.into(&k)
	k.Version = version
	k, err = a.opt.Access.EditKey(authored(c, who), k)
	if err != nil {
		k.ID = id
	}
	return a.keyDone(c, who, k, err)
}

// RotateAPIKey gives a key another secret, at the version that If-Match names.
func (a *API) RotateAPIKey(c *fiber.Ctx, who models.Caller) error {
	var in RotateInput
	if err := strict(c, &in, "overlapSeconds"); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	k, err := a.opt.Store.APIKey(c.UserContext(), who.TenantID, c.Params("*"))
	if err != nil {
		return err
	}
	if err := a.opt.Access.MayGive(who, k.Scopes); err != nil {
		return err
	}
	id := k.ID
	k, secret, err := a.opt.Access.RotateKey(authored(c, who), k.ID, time.Duration(min(in.Overlap, 1<<32))*time.Second, version)
	if err != nil {
		return a.keyDone(c, who, models.APIKey{ID: id}, err)
	}
	out := a.apiKeyOf(k)
	out.Secret = secret
	setETag(c, k.Version)
	return sendJSON(c, out)
}

// RevokeAPIKey ends a key for good; it is kept for the record.
func (a *API) RevokeAPIKey(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	k, err := a.opt.Store.APIKey(c.UserContext(), who.TenantID, c.Params("*"))
	if err != nil {
		return err
	}
	if k.Version != version && k.RevokedAt == 0 {
		return a.keyDone(c, who, k, fault.New(fault.StaleEdit, "Somebody changed this in the meantime. Look at it again."))
	}
	k, err = a.opt.Access.RevokeKey(authored(c, who), k.ID)
	return a.keyDone(c, who, k, err)
}

// keyDone answers a key that was changed, or why it was not.
func (a *API) keyDone(c *fiber.Ctx, who models.Caller, k models.APIKey, err error) error {
	if err != nil {
		return a.stale(c.UserContext(), err, who.TenantID, k.ID, "apikey.", func() (any, error) {
			now, err := a.opt.Store.APIKey(c.UserContext(), who.TenantID, k.ID)
			return a.apiKeyOf(now), err
		})
	}
	setETag(c, k.Version)
	return sendJSON(c, a.apiKeyOf(k))
}

// changedIn are the fields that an entry of the audit says were changed.
func changedIn(e models.AuditEntry) []models.FieldChange {
	var d struct {
		Changed []models.FieldChange `json:"changed"`
	}
	if json.Unmarshal(e.Detail, &d) != nil {
		return nil
	}
	return d.Changed
}
