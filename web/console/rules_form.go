package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/rules"
	"tidemark/views/ui"
)

const ofField = "field"

// typedRule are the values of a form, or of an address, as they were typed.
func typedRule(f *fiber.Ctx) rules.Values {
	v := rules.Values{
		ID: f.FormValue("id"), Version: f.FormValue("version"), Of: "item", Collection: strings.TrimSpace(f.FormValue("collection")), Pattern: f.FormValue("pattern"), Path: strings.TrimSpace(f.FormValue("path")),
		Strategy: f.FormValue("strategy"), Fallback: f.FormValue("fallback"), Kind: f.FormValue("kind"), Threshold: strings.TrimSpace(f.FormValue("threshold")),
	}
	if f.FormValue("of") == ofField || v.Path != "" {
		v.Of, v.Fallback, v.Threshold = ofField, "", ""
	} else {
		v.Kind = ""
	}
	return v
}

func valuesOfRule(p *models.ConflictPolicy) rules.Values {
	v := rules.Values{
		ID: p.ID, Version: strconv.FormatInt(p.Version, 10), Of: "item", Collection: p.Collection, Pattern: p.Pattern, Path: p.Path,
		Strategy: string(p.Strategy), Fallback: string(p.Fallback), Kind: string(p.Kind),
	}
	if p.Path != "" {
		v.Of = ofField
	}
	if p.Threshold != 0 {
		v.Threshold = strconv.FormatInt(p.Threshold, 10)
	}
	return v
}

// policyFrom is the policy that was typed: `invalid`, which names the field.
func policyFrom(v rules.Values, tenantID string) (models.ConflictPolicy, error) {
	p := models.ConflictPolicy{
		ID: v.ID, TenantID: tenantID, Collection: v.Collection, Pattern: v.Pattern, Path: v.Path,
		Strategy: models.Strategy(v.Strategy), Fallback: models.Strategy(v.Fallback), Kind: models.MergeKind(v.Kind),
	}
	if v.Of == ofField && v.Path == "" {
		return p, fault.OfField("path", "required", "must be there")
	}
	var err error
	if v.Threshold != "" {
		if p.Threshold, err = strconv.ParseInt(v.Threshold, 10, 64); err != nil {
			return p, fault.OfField("threshold", "number", "must be a number from 0 to 100")
		}
	}
	if v.Version != "" {
		if p.Version, err = strconv.ParseInt(v.Version, 10, 64); err != nil {
			return p, fault.OfField("version", "number", "must be a number")
		}
	}
	return p, nil
}

func (c *Console) newRule(f *fiber.Ctx) error {
	v := typedRule(f)
	if v.ID, v.Version = "", ""; v.Of == "item" && v.Strategy == "" {
		v.Strategy = string(models.StrategyMerge)
	}
	return c.rulePage(f, rules.FormProps{Values: v})
}

func (c *Console) editRule(f *fiber.Ctx) error {
	p, err := c.policyAt(f)
	if err != nil {
		return err
	}
	v, known := valuesOfRule(&p), ruleOf(f, &p)
	if f.Query("of") != "" { // it is offered otherwise, or was tried and is to be changed
		typed := typedRule(f)
		typed.ID, typed.Version = v.ID, v.Version
		v = typed
	}
	return c.rulePage(f, rules.FormProps{Values: v, Known: &known})
}

func (c *Console) tryNewRule(f *fiber.Ctx) error {
	v := typedRule(f)
	v.ID, v.Version = "", ""
	return c.try(f, v, nil)
}

func (c *Console) tryRule(f *fiber.Ctx) error {
	p, err := c.policyAt(f)
	if err != nil {
		return err
	}
	v, known := typedRule(f), ruleOf(f, &p)
	if v.ID = p.ID; v.Version != strconv.FormatInt(p.Version, 10) {
		return c.ruleLate(f, v, &p)
	}
	return c.try(f, v, &known)
}

// try begins a dry run of what was typed, or shows the form again with what is wrong in it.
func (c *Console) try(f *fiber.Ctx, v rules.Values, known *rules.Rule) error {
	p, err := policyFrom(v, visitOf(f).tenant.ID)
	var id string
	if err == nil {
		id, err = c.opt.Engine.StartDryRun(f.UserContext(), caller(f, ""), engine.PolicyChange{Policy: p})
	}
	if fault.Is(err, fault.Invalid) {
		return c.ruleWrong(f, rules.FormProps{Values: v, Known: known}, err)
	}
	if err != nil {
		return err
	}
	return f.Redirect(dryHref(f, id), http.StatusSeeOther)
}

var ruleFieldNames = map[string]string{
	"collection": "The collection", "pattern": "The keys", "path": "The field", "strategy": "The strategy", "fallback": "What is done where both changed the same",
	"kind": "How it merges", "threshold": "The confidence", "policy": "The policy", "version": "The version",
}

func (c *Console) ruleWrong(f *fiber.Ctx, p rules.FormProps, err error) error {
	p.Error, p.Fields = "Not everything is right yet", map[string]string{}
	for _, e := range fault.From(err).Fields {
		p.Fields[e.Path] = ruleFieldNames[e.Path] + " " + e.Message + "."
	}
	return c.rulePage(f.Status(http.StatusUnprocessableEntity), p)
}

// ruleLate shows what was typed over what somebody else saved meanwhile; sent again, it stands over that.
func (c *Console) ruleLate(f *fiber.Ctx, v rules.Values, now *models.ConflictPolicy) error {
	known := ruleOf(f, now)
	v.Version = strconv.FormatInt(now.Version, 10)
	return c.rulePage(f.Status(http.StatusConflict), rules.FormProps{
		Values: v, Known: &known, Error: "Somebody changed this policy while you were typing. It says now: " + known.Does + " Below is what you typed; nothing of it is saved yet.",
	})
}

func (c *Console) rulePage(f *fiber.Ctx, p rules.FormProps) error {
	p.CSRF, p.Base = c.token(f), conflictsHref(f)
	title := "New policy"
	if p.Known != nil {
		title = "Edit a policy"
	}
	return c.page(f, inRules(f, title), rules.Form(p))
}

// putRule saves what a toast brings back: a policy that was deleted, or as it was before it was edited.
func (c *Console) putRule(f *fiber.Ctx) error {
	p, err := policyFrom(typedRule(f), visitOf(f).tenant.ID)
	if err == nil {
		if p.ID == "" {
			_, err = c.opt.Store.AddPolicy(as(f), p)
		} else {
			_, err = c.opt.Store.EditPolicy(as(f), p)
		}
	}
	if err != nil {
		return err
	}
	c.policyChanged()
	return c.done(f, rulesHref(f), flash{Text: "The policy is as it was."})
}

// deleteRule deletes a policy, or tries on past conflicts how it would be without it.
func (c *Console) deleteRule(f *fiber.Ctx) error {
	p, err := c.policyAt(f)
	if err != nil {
		return err
	}
	version, err := versionOf(f)
	if err != nil {
		return err
	}
	if f.FormValue("do") == "try" {
		id, err := c.opt.Engine.StartDryRun(f.UserContext(), caller(f, ""), engine.PolicyChange{Policy: p, Delete: true})
		if err != nil {
			return err
		}
		return f.Redirect(dryHref(f, id), http.StatusSeeOther)
	}
	return c.dropRule(f, p, version)
}

// dropRule moves a policy to the trash, at a version of it, and offers to bring it back.
func (c *Console) dropRule(f *fiber.Ctx, p models.ConflictPolicy, version int64) error {
	p.Version = version
	p, err := c.opt.Store.DeletePolicy(as(f), p)
	switch {
	case fault.Is(err, fault.StaleEdit):
		return c.done(f, rulesHref(f), flash{Text: "Nothing was deleted: the policy was changed in the meantime.", Bad: true})
	case err != nil:
		return err
	}
	c.policyChanged()
	return c.done(f, rulesHref(f), flash{Text: "The policy is in the trash.", Undo: rulesHref(f) + "/" + p.ID + "/restore", With: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(p.Version, 10)}}})
}

// restoreRule takes a policy out of the trash.
func (c *Console) restoreRule(f *fiber.Ctx) error {
	version, err := versionOf(f)
	if err != nil {
		return err
	}
	_, err = c.opt.Store.RestorePolicy(as(f), models.ConflictPolicy{TenantID: visitOf(f).tenant.ID, ID: f.Params("id"), Version: version})
	switch fault.CodeOf(err) {
	case "":
		c.policyChanged()
		return c.done(f, rulesHref(f), flash{Text: "The policy is back from the trash."})
	case fault.AlreadyExists:
		return c.done(f, rulesHref(f), flash{Text: fault.From(err).Message, Bad: true})
	case fault.StaleEdit:
		return c.done(f, rulesHref(f), flash{Text: "Nothing was restored: the policy was changed in the meantime.", Bad: true})
	case fault.Invalid:
		return c.done(f, rulesHref(f), flash{Text: "Nothing was restored: there are as many policies as there may be.", Bad: true})
	default:
		return err
	}
}

// ruleSaved tells that a policy was saved, and offers to take that back.
func (c *Console) ruleSaved(f *fiber.Ctx, before *models.ConflictPolicy, p models.ConflictPolicy) error {
	c.policyChanged()
	version := strconv.FormatInt(p.Version, 10)
	if before == nil {
		return c.done(f, rulesHref(f), flash{Text: "The policy is saved.", Undo: rulesHref(f) + "/" + p.ID + "/delete", With: []ui.Hidden{{Name: "version", Value: version}}})
	}
	was := valuesOfRule(before)
	was.Version = version
	return c.done(f, rulesHref(f), flash{Text: "The policy is saved.", Undo: rulesHref(f) + "/put", With: was.Hidden()})
}
