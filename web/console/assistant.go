package console

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/assistant"
	"tidemark/views/ui"
)

const (
	trialWithin   = 150 * time.Second // more than an assistant may take
	keyTrial      = "trial"
	waitingShown  = 1000
	maxTypedPaths = 64 << 10
)

func (c *Console) assistantRoutes(in fiber.Router) {
	in.Get("/t/:tenant/conflicts/assistant", c.ofTenant, c.assistant)
	in.Post("/t/:tenant/conflicts/assistant", c.ofTenant, c.saveAssistant)
	in.Post("/t/:tenant/conflicts/assistant/try", c.ofTenant, c.tryAssistant)
	in.Post("/t/:tenant/conflicts/assistant/delete", c.ofTenant, c.moveAssistant(true))
	in.Post("/t/:tenant/conflicts/assistant/restore", c.ofTenant, c.moveAssistant(false))
}

func (c *Console) assistant(f *fiber.Ctx) error {
	s, err := c.opt.Engine.AssistantState(f.UserContext(), visitOf(f).tenant.ID)
	if err != nil {
		return err
	}
	p := c.assistantProps(f, &s, assistantValues(&s.Settings))
	p.Trial = c.trial(f)
	return c.assistantPage(f, p)
}

func (c *Console) assistantPage(f *fiber.Ctx, p assistant.Props) error {
	return c.page(f, inConflicts(f, "Assistant"), assistant.Page(p))
}

func (c *Console) assistantProps(f *fiber.Ctx, s *engine.AssistantState, v assistant.Values) assistant.Props {
	base := conflictsHref(f)
	p := assistant.Props{
		CSRF: c.token(f), Self: base + "/assistant", Try: base + "/assistant/try", Back: base, May: c.allow(f, access.AssistantWrite) == nil,
		Version: s.Settings.Version, Trashed: s.Settings.DeletedAt, Values: v, OwnKey: s.OwnKey, Installs: s.Installs, Model: s.Installed, Loopback: s.Loopback, Most: s.Most,
		State: assistant.State{
			Enabled: s.Settings.Enabled, Trouble: s.Trouble, Failures: s.Circuit.Failures, Probing: s.Circuit.Probing, Requests: s.Use.Requests, Daily: s.Daily,
			Applied: s.Use.Applied, Suggested: s.Use.Suggested, Failed: s.Use.Failed, Waiting: s.Waiting, ManyWait: s.Waiting >= waitingShown, Now: clock.Millis(c.opt.Clock),
		},
	}
	if !s.Circuit.Until.IsZero() {
		p.State.Rests = s.Circuit.Until.UnixMilli()
	}
	return p
}

func assistantValues(a *models.Assistant) assistant.Values {
	return assistant.Values{
		Enabled: a.Enabled, BaseURL: a.BaseURL, Model: a.Model, Threshold: orEmpty(a.Threshold), Daily: orEmpty(a.Daily), Paths: strings.Join(a.Redacted, "\n"),
	}
}

// orEmpty is a number as it stands in a field; 0 is empty.
func orEmpty(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (c *Console) saveAssistant(f *fiber.Ctx) error {
	base, err := versionOf(f)
	if err != nil {
		return err
	}
	typed := typedAssistant(f)
	settings, err := assistantFrom(typed)
	if err == nil {
		settings.TenantID, settings.Version = visitOf(f).tenant.ID, base
		_, err = c.opt.Engine.SaveAssistant(as(f), settings, typedKey(f, typed.DropKey))
	}
	switch fault.CodeOf(err) {
	case "":
		c.opt.Access.Forget() // whether the assistant may be asked counts at once
		return c.done(f, conflictsHref(f)+"/assistant", flash{Text: "The assistant is saved."})
	case fault.Invalid, fault.StaleEdit:
		return c.assistantWrong(f, typed, base, err)
	default:
		return err
	}
}

// moveAssistant moves the settings to the trash, or takes them out of it.
func (c *Console) moveAssistant(trash bool) fiber.Handler {
	do, told, undo := c.opt.Store.RestoreAssistant, "The assistant's settings are back from the trash.", "delete"
	if trash {
		do, told, undo = c.opt.Store.DeleteAssistant, "The assistant's settings are in the trash.", "restore"
	}
	return func(f *fiber.Ctx) error {
		back := conflictsHref(f) + "/assistant"
		base, err := versionOf(f)
		if err != nil {
			return err
		}
		s, err := do(as(f), visitOf(f).tenant.ID, base)
		if fault.Is(err, fault.StaleEdit) || fault.Is(err, fault.NotFound) {
			return c.done(f, back, flash{Text: "Nothing was done: the settings were changed in the meantime.", Bad: true})
		}
		if err != nil {
			return err
		}
		c.opt.Access.Forget()
		return c.done(f, back, flash{Text: told, Undo: back + "/" + undo, With: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(s.Version, 10)}}})
	}
}

// assistantWrong shows what was typed again, with what is wrong in it, or over what somebody else saved meanwhile.
func (c *Console) assistantWrong(f *fiber.Ctx, typed assistant.Values, base int64, wrong error) error {
	s, err := c.opt.Engine.AssistantState(f.UserContext(), visitOf(f).tenant.ID)
	if err != nil {
		return err
	}
	p := c.assistantProps(f, &s, typed)
	if fault.Is(wrong, fault.StaleEdit) {
		p.TooLate = true
		return c.assistantPage(f.Status(http.StatusConflict), p)
	}
	p.Version, p.Error, p.Fields = base, "Not everything is right yet", map[string]string{}
	for _, e := range fault.From(wrong).Fields {
		p.Fields[e.Path] = assistantFieldNames[e.Path] + " " + e.Message + "."
	}
	return c.assistantPage(f.Status(http.StatusUnprocessableEntity), p)
}

var assistantFieldNames = map[string]string{
	"baseUrl": "The address", "model": "The model", "key": "The key", "threshold": "The threshold", "daily": "The number of questions", "redacted": "The withheld paths",
}

func typedAssistant(f *fiber.Ctx) assistant.Values {
	of := func(name string) string { return strings.TrimSpace(f.FormValue(name)) }
	paths := f.FormValue("redacted")
	return assistant.Values{
		Enabled: f.FormValue("enabled") != "", BaseURL: strings.TrimRight(of("baseUrl"), "/"), Model: of("model"), Threshold: of("threshold"), Daily: of("daily"),
		Paths: strings.TrimSpace(strings.ReplaceAll(paths[:min(len(paths), maxTypedPaths)], "\r", "")), DropKey: f.FormValue("dropKey") != "",
	}
}

// typedKey is a key that was typed, an empty one to be taken away, or nil to leave what is kept.
func typedKey(f *fiber.Ctx, drop bool) *string {
	key := strings.TrimSpace(f.FormValue("key"))
	if key == "" && !drop {
		return nil
	}
	return &key
}

// assistantFrom reads what was typed: `invalid` names every number that is none.
func assistantFrom(v assistant.Values) (models.Assistant, error) {
	a := models.Assistant{Enabled: v.Enabled, BaseURL: v.BaseURL, Model: v.Model}
	var wrong []fault.Field
	number := func(field, text string) int64 {
		n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
		if text != "" && (err != nil || n < 0) {
			wrong = append(wrong, fault.Field{Path: field, Rule: "number", Message: "must be a whole number"})
			return 0
		}
		return n
	}
	a.Threshold, a.Daily = number("threshold", v.Threshold), number("daily", v.Daily)
	for line := range strings.SplitSeq(v.Paths, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			a.Redacted = append(a.Redacted, line)
		}
	}
	if len(wrong) > 0 {
		return a, &fault.Error{Code: fault.Invalid, Message: "Some numbers are none.", Fields: wrong}
	}
	return a, nil
}

// tryAssistant asks about the sample, and tells on the page what came of it.
func (c *Console) tryAssistant(f *fiber.Ctx) error {
	back := clock.Aside(f.UserContext(), trialWithin)
	t, err := c.opt.Engine.TryAssistant(f.UserContext(), visitOf(f).tenant.ID)
	back()
	if err != nil {
		return err
	}
	p := assistant.Trial{
		Base: string(t.Question.Base), Current: string(t.Question.Current), Incoming: string(t.Question.Incoming), Choice: t.Answer.Choice, Value: string(t.Answer.Value),
		Confidence: int(t.Answer.Confidence * 100), Reason: t.Answer.Reason, Model: t.Model, Failure: t.Failure, Took: t.Took,
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.sessions.Put(f.UserContext(), keyTrial, string(text))
	return f.Redirect(conflictsHref(f)+"/assistant#try", http.StatusSeeOther)
}

// trial is what came of the last trial, told once; nil: nothing is to be told.
func (c *Console) trial(f *fiber.Ctx) *assistant.Trial {
	text := c.sessions.PopString(f.UserContext(), keyTrial)
	p := &assistant.Trial{}
	if text == "" || json.Unmarshal([]byte(text), p) != nil {
		return nil
	}
	return p
}
