package access

import (
	"context"
	"encoding/json"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	ticketLife   = time.Minute
	ticketPrefix = "tkt_"
)

// ticketCaller is the part of a caller that a ticket carries. Rights of a key are not in it: they are read anew.
type ticketCaller struct {
	TenantID   string   `json:"tenantId"`
	UserID     string   `json:"userId"`
	AllUsers   bool     `json:"allUsers,omitempty"`
	InstanceID string   `json:"instanceId,omitempty"`
	KeyID      string   `json:"keyId,omitempty"`
	Rotation   int64    `json:"rotation,omitempty"` // of the key's secret
	AccountID  string   `json:"accountId,omitempty"`
	FamilyID   string   `json:"familyId,omitempty"`
	Actor      string   `json:"actor"`
	Scopes     []string `json:"scopes"`
	CanRead    bool     `json:"canRead"`
	CanWrite   bool     `json:"canWrite"`
	ExpiresAt  int64    `json:"expiresAt,omitempty"`
}

// Ticket makes a one-time credential for a plain WebSocket, good for 60 seconds: it is the caller, once more.
func (a *Access) Ticket(ctx context.Context, c models.Caller) (ticket string, expires time.Time, err error) {
	caller, err := json.Marshal(ticketCaller{
		TenantID: c.TenantID, UserID: c.UserID, AllUsers: c.AllUsers, InstanceID: c.InstanceID, KeyID: c.KeyID, Rotation: c.Rotation, Actor: c.Actor,
		AccountID: c.AccountID, FamilyID: c.FamilyID, Scopes: c.Scopes, CanRead: c.CanRead, CanWrite: c.CanWrite, ExpiresAt: c.ExpiresAt,
	})
	if err != nil {
		return "", time.Time{}, err
	}
	if ticket, err = newSecret(ticketPrefix); err != nil {
		return "", time.Time{}, err
	}
	expires = a.opt.Clock.Now().Add(ticketLife)
	hash := hashSecret(ticket)
	if err := a.opt.Store.AddTicket(ctx, hash[:], c.TenantID, caller, expires.UnixMilli()); err != nil {
		return "", time.Time{}, err
	}
	return ticket, expires, nil
}

// byTicket uses a ticket up: `token_invalid` when unknown or used before.
func (a *Access) byTicket(ctx context.Context, cr *Credential) (models.Caller, error) {
	if !wellFormed(cr.Ticket) {
		return models.Caller{}, ticketFault(nil)
	}
	hash := hashSecret(cr.Ticket)
	raw, err := a.opt.Store.TakeTicket(ctx, hash[:])
	if fault.Is(err, fault.NotFound) {
		return models.Caller{}, ticketFault(err)
	}
	if err != nil {
		return models.Caller{}, err
	}
	var t ticketCaller
	if err := json.Unmarshal(raw, &t); err != nil {
		return models.Caller{}, err
	}
	if t.InstanceID != "" && cr.InstanceID != "" && t.InstanceID != cr.InstanceID {
		return models.Caller{}, fault.New(fault.IdentityMismatch, "This ticket was made for another instance.")
	}
	return a.revive(ctx, t, cr)
}

// revive makes the ticket's caller again, with the rights and the tenant as they are now.
func (a *Access) revive(ctx context.Context, t ticketCaller, cr *Credential) (models.Caller, error) {
	c := models.Caller{
		TenantID: t.TenantID, UserID: t.UserID, AllUsers: t.AllUsers, InstanceID: t.InstanceID, KeyID: t.KeyID, Rotation: t.Rotation, Actor: t.Actor,
		AccountID: t.AccountID, FamilyID: t.FamilyID, Scopes: t.Scopes, CanRead: t.CanRead, CanWrite: t.CanWrite, ExpiresAt: t.ExpiresAt,
	}
	cameBy(&c, cr)
	c, err := a.Renew(ctx, c)
	if err != nil {
		a.Served(c, Authenticated, err)
		return models.Caller{}, err
	}
	if c.KeyID != "" {
		e, err := a.keyByID(ctx, c.KeyID)
		if err != nil {
			return models.Caller{}, err
		}
		c.Quotas = e.key.Quotas
		e.uses.at.Store(clock.Millis(a.opt.Clock))
	}
	tenant, err := a.tenantNamed(ctx, c.TenantID)
	if err != nil {
		return models.Caller{}, err
	}
	c.Strategy, c.Policies, c.Assisted = tenant.Strategy, tenant.Policies, tenant.Assisted
	return c, nil
}

func ticketFault(cause error) error {
	return fault.Wrap(fault.TokenInvalid, cause, "The ticket is not valid, or was used before.")
}
