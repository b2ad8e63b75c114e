package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"tidemark/engine/assist"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const maxAssistantKey = 1024

// AssistantState is how a tenant's assistant is set and how it does.
type AssistantState struct {
	Settings  models.Assistant    // its key is left out
	OwnKey    bool                // there is one
	Installed string              // model of the installation's endpoint; empty: it has none, or names none
	Installs  bool                // the installation has an endpoint
	Loopback  bool                // a tenant's own may be on the installation's machine
	Most      int64               // questions a day the installation gives
	Daily     int64               // that the tenant has
	Use       models.AssistantUse // of today, UTC
	Waiting   int64               // open conflicts it is to be asked of, at most 1,000
	Circuit   assist.Circuit      // of its endpoint, on this node
	Trouble   string              // why it cannot be asked as it is set; empty: it can
}

const waitingShown = 1000

// AssistantState reads how a tenant's assistant is set and how it does.
func (e *Engine) AssistantState(ctx context.Context, tenantID string) (AssistantState, error) {
	a := e.assistants
	settings, err := e.store.Assistant(ctx, tenantID)
	if err != nil {
		return AssistantState{}, err
	}
	s := AssistantState{
		Settings: settings, OwnKey: settings.Key != nil, Installed: a.opt.Endpoint.Model, Installs: a.opt.Endpoint.BaseURL != "", Loopback: a.opt.Loopback,
		Most: a.opt.Daily, Daily: a.daily(&settings),
	}
	tried := settings
	tried.Enabled = true
	to, why := a.endpoint(&tried)
	if why != nil {
		s.Trouble = why.Message
	}
	s.Circuit, s.Settings.Key = a.client.Circuit(to), nil
	if s.Use, err = e.store.AssistantUse(ctx, tenantID, dayOf(clock.Millis(e.clock))); err != nil {
		return s, err
	}
	s.Waiting, err = e.store.CountReviews(ctx, store.ReviewFilter{TenantID: tenantID, Assist: models.AssistWanted}, waitingShown)
	return s, err
}

// SaveAssistant sets how a tenant's assistant is asked, against the version of the
// settings it carries. A key of nil leaves what is kept, an empty one takes it away;
// for another address it must be given anew, or whoever may change the address would
// learn it. `invalid` names the field, `stale_edit` says that they changed meanwhile.
func (e *Engine) SaveAssistant(ctx context.Context, s models.Assistant, key *string) (models.Assistant, error) {
	before, err := e.store.Assistant(ctx, s.TenantID)
	if err != nil {
		return s, err
	}
	if before.Version != s.Version {
		return s, fault.New(fault.StaleEdit, "Somebody changed this in the meantime. Look at it again.")
	}
	if s.BaseURL != "" {
		if err := assist.CheckURL(s.BaseURL, e.assistants.opt.Loopback); err != nil {
			return s, err
		}
	}
	if s.Enabled && s.BaseURL != "" && s.Model == "" {
		return s, fault.OfField("model", "required", "must be named for an address of the tenant's own")
	}
	if s.Key, err = e.sealedKey(before, s, key); err != nil {
		return s, err
	}
	return e.store.SaveAssistant(ctx, s)
}

func (e *Engine) sealedKey(before, s models.Assistant, key *string) ([]byte, error) {
	moved := before.BaseURL != s.BaseURL
	switch {
	case key == nil && before.Key != nil && moved && s.BaseURL != "":
		return nil, fault.OfField("key", "again", "must be given again, or taken away, for another address")
	case key == nil && moved, key != nil && *key == "":
		return nil, nil
	case key == nil:
		return before.Key, nil
	case s.BaseURL == "":
		return nil, fault.OfField("key", "only", "goes with an address of the tenant's own alone")
	case len(*key) > maxAssistantKey || strings.ContainsFunc(*key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, fault.OfField("key", "format", "must be at most %d printable ASCII characters without spaces", maxAssistantKey)
	case e.assistants.opt.Seal == nil:
		return nil, fault.OfField("key", "seal", "cannot be kept: this installation has no secret to seal it with")
	}
	return e.assistants.opt.Seal.Seal([]byte(*key), keyPlace(s.TenantID)), nil
}

// AssistantTrial is what came of asking a tenant's assistant about a sample.
type AssistantTrial struct {
	Question assist.Question
	Answer   assist.Answer
	Failure  string // in words; empty: it answered
	Model    string
	Took     time.Duration
}

// TryAssistant asks a tenant's assistant about a sample, which holds nobody's data;
// that counts as one of its questions of the day.
func (e *Engine) TryAssistant(ctx context.Context, tenantID string) (AssistantTrial, error) {
	s, err := e.store.Assistant(ctx, tenantID)
	if err != nil {
		return AssistantTrial{}, err
	}
	began := e.clock.Now()
	to, answer, err := e.assistants.sample(ctx, &s)
	trial := AssistantTrial{Question: assist.Sample(), Answer: answer, Model: to.Model, Took: e.clock.Now().Sub(began)}
	var f *assist.Failure
	if errors.As(err, &f) {
		trial.Failure, err = f.Message, nil
	}
	return trial, err
}
