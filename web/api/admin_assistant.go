package api

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/models"
)

// Assistant is how a tenant has conflicts shown to an assistant. Its key is never told.
type Assistant struct {
	Enabled   bool      `json:"enabled"`
	BaseURL   string    `json:"baseUrl" doc:"Of the tenant's own endpoint; empty: the installation's."`
	Model     string    `json:"model" doc:"Empty: the installation's."`
	OwnKey    bool      `json:"ownKey" doc:"A key for the tenant's own endpoint is kept."`
	Threshold int64     `json:"threshold" doc:"Confidence in percent from which a suggestion is applied; 0: none is."`
	Redacted  []string  `json:"redacted" nullable:"false" doc:"JSON pointers to what is not shown."`
	Daily     int64     `json:"daily" doc:"Questions a day at most; 0: as many as the installation gives."`
	Version   int64     `json:"version" doc:"For If-Match; 0: it was never set."`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
	DeletedAt time.Time `json:"deletedAt,omitzero" doc:"Since when the settings are in the trash; nothing else of them is told."`
}

// AssistantInput changes all of the settings.
type AssistantInput struct {
	Enabled   bool     `json:"enabled,omitempty"`
	BaseURL   string   `json:"baseUrl,omitempty"`
	Model     string   `json:"model,omitempty"`
	Key       *string  `json:"key,omitempty" doc:"Absent: the kept one stays; empty: it is taken away. It must be given again for another address."`
	Threshold int64    `json:"threshold,omitempty"`
	Redacted  []string `json:"redacted,omitempty"`
	Daily     int64    `json:"daily,omitempty"`
}

func assistantOf(a models.Assistant) Assistant {
	return Assistant{
		Enabled: a.Enabled, BaseURL: a.BaseURL, Model: a.Model, OwnKey: a.Key != nil, Threshold: a.Threshold, Redacted: append([]string{}, a.Redacted...), Daily: a.Daily,
		Version: a.Version, CreatedAt: moment(a.CreatedAt), UpdatedAt: moment(a.UpdatedAt), DeletedAt: moment(a.DeletedAt),
	}
}

// GetAssistant answers how the tenant's assistant is set.
func (a *API) GetAssistant(c *fiber.Ctx, who models.Caller) error {
	s, err := a.opt.Store.Assistant(c.UserContext(), who.TenantID)
	return a.assistantDone(c, who, s, err)
}

// SetAssistant changes how the tenant's assistant is set, all of it, at the version that If-Match names.
func (a *API) SetAssistant(c *fiber.Ctx, who models.Caller) error {
	var in AssistantInput
	if err := strict(c, &in, "enabled", "baseUrl", "model", "key", "threshold", "redacted", "daily"); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	s := models.Assistant{
		TenantID: who.TenantID, Enabled: in.Enabled, BaseURL: strings.TrimRight(in.BaseURL, "/"), Model: in.Model, Threshold: in.Threshold, Redacted: in.Redacted, Daily: in.Daily, Version: version,
	}
	s, err = a.opt.Engine.SaveAssistant(authored(c, who), s, in.Key)
	return a.assistantDone(c, who, s, err)
}

// DeleteAssistant moves the settings to the trash, at the version that If-Match names.
func (a *API) DeleteAssistant(c *fiber.Ctx, who models.Caller) error {
	return a.moveAssistant(c, who, a.opt.Store.DeleteAssistant)
}

// RestoreAssistant takes the settings out of the trash, at the version that If-Match names.
func (a *API) RestoreAssistant(c *fiber.Ctx, who models.Caller) error {
	return a.moveAssistant(c, who, a.opt.Store.RestoreAssistant)
}

func (a *API) moveAssistant(c *fiber.Ctx, who models.Caller, do func(ctx context.Context, tenantID string, version int64) (models.Assistant, error)) error {
	if err := nothing(c); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	s, err := do(authored(c, who), who.TenantID, version)
	return a.assistantDone(c, who, s, err)
}

// assistantDone answers settings that were read or changed, or why they were not.
func (a *API) assistantDone(c *fiber.Ctx, who models.Caller, s models.Assistant, err error) error {
	if err != nil {
		return a.stale(c.UserContext(), err, who.TenantID, who.TenantID, "assistant.", func() (any, error) {
			now, err := a.opt.Store.Assistant(c.UserContext(), who.TenantID)
			return assistantOf(now), err
		})
	}
	if c.Method() != fiber.MethodGet {
		a.opt.Access.Forget()
	}
	setETag(c, s.Version)
	return sendJSON(c, assistantOf(s))
}
