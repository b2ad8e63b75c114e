package console

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
	"tidemark/views/rules"
	"tidemark/views/ui"
)

const (
	offerLinks = 5  // of the decisions an offer is drawn from
	trashShown = 50 // policies that were deleted last
)

func (c *Console) rulesRoutes(in fiber.Router) {
	in.Get("/t/:tenant/conflicts/rules", c.ofTenant, c.rules)
	in.Get("/t/:tenant/conflicts/rules/new", c.ofTenant, c.newRule)
	in.Post("/t/:tenant/conflicts/rules/new", c.ofTenant, c.tryNewRule)
	in.Post("/t/:tenant/conflicts/rules/put", c.ofTenant, c.putRule)
	in.Post("/t/:tenant/conflicts/rules/offers/:offer/dismiss", c.ofTenant, c.dismissOffer)
	in.Post("/t/:tenant/conflicts/rules/offers/:offer/recall", c.ofTenant, c.recallOffer)
	in.Get("/t/:tenant/conflicts/rules/dry/:job", c.ofTenant, c.dryRun)
	in.Post("/t/:tenant/conflicts/rules/dry/:job/save", c.ofTenant, c.saveDryRun)
	in.Post("/t/:tenant/conflicts/rules/dry/:job/cancel", c.ofTenant, c.cancelDryRun)
	in.Get("/t/:tenant/conflicts/rules/:id", c.ofTenant, c.editRule)
	in.Post("/t/:tenant/conflicts/rules/:id", c.ofTenant, c.tryRule)
	in.Post("/t/:tenant/conflicts/rules/:id/delete", c.ofTenant, c.deleteRule)
	in.Post("/t/:tenant/conflicts/rules/:id/restore", c.ofTenant, c.restoreRule)
	in.Get("/t/:tenant/conflicts/stats", c.ofTenant, c.conflictStats)
}

func rulesHref(f *fiber.Ctx) string { return conflictsHref(f) + "/rules" }

func inRules(f *fiber.Ctx, title string) place {
	return inConflicts(f, title, layout.Crumb{Label: "Policies", Href: rulesHref(f)})
}

func (c *Console) rules(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	all, err := c.opt.Store.Policies(f.UserContext(), t.ID)
	if err != nil {
		return err
	}
	trash, err := c.opt.Store.PolicyTrash(f.UserContext(), t.ID)
	if err != nil {
		return err
	}
	offers, err := c.opt.Engine.Offers(f.UserContext(), t.ID)
	if err != nil {
		return err
	}
	p := rules.Props{
		CSRF: c.token(f), Base: conflictsHref(f), Now: clock.Millis(c.opt.Clock), Default: strategyDoes(t.Strategy), Tenant: tenantHref(t.ID),
		Groups: groupsOf(f, all), Asked: askedOf(f, t, all),
	}
	for i := range trash[:min(len(trash), trashShown)] {
		p.Trash = append(p.Trash, rules.Trashed{Rule: ruleOf(f, &trash[i]), Version: trash[i].Version, At: trash[i].DeletedAt})
	}
	for i := range offers {
		row, err := c.offerOf(f, &offers[i])
		if err != nil {
			return err
		}
		p.Offers = append(p.Offers, row)
	}
	return c.page(f, inConflicts(f, "Policies"), rules.Page(p))
}

func ruleOf(f *fiber.Ctx, p *models.ConflictPolicy) rules.Rule {
	return rules.Rule{
		ID: p.ID, Href: rulesHref(f) + "/" + url.PathEscape(p.ID), Collection: p.Collection, Pattern: p.Pattern, Path: p.Path, Does: policyDoes(p), UpdatedAt: p.UpdatedAt,
	}
}

// groupsOf are policies by collection, those for every one last; in each the most specific first.
func groupsOf(f *fiber.Ctx, all []models.ConflictPolicy) []rules.Group {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b models.ConflictPolicy) int {
		if (a.Collection == "") != (b.Collection == "") {
			return cmp.Compare(len(b.Collection), len(a.Collection))
		}
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), conflict.BySpecificity(a, b))
	})
	var out []rules.Group
	for i := range sorted {
		p := &sorted[i]
		if n := len(out); n == 0 || out[n-1].Collection != p.Collection {
			out = append(out, rules.Group{Collection: p.Collection})
		}
		g := &out[len(out)-1]
		g.Rules = append(g.Rules, ruleOf(f, p))
	}
	return out
}

// askedOf answers which policy applies to the key that the address names.
func askedOf(f *fiber.Ctx, t models.Tenant, all []models.ConflictPolicy) rules.Asked {
	a := rules.Asked{Key: f.Query("key"), Collection: f.Query("collection")}
	if a.Key == "" && a.Collection == "" {
		return a
	}
	collection := cmp.Or(a.Collection, models.Storage)
	err := protocol.CheckKey(a.Key)
	if err == nil {
		err = protocol.CheckCollection(collection)
	}
	if err != nil {
		a.Error = fault.From(err).Message
		return a
	}
	p := conflict.PolicyFor(t.Strategy, all, collection, a.Key)
	a.Default = p.ID == ""
	a.Does = policyDoes(&models.ConflictPolicy{Strategy: p.Strategy, Fallback: p.Fallback, Threshold: p.Threshold})
	for _, r := range conflict.Explain(all, collection, a.Key) {
		a.Rulings = append(a.Rulings, rules.Ruling{Rule: ruleOf(f, &r.Policy), Fits: r.Fits, Rules: r.Rules, Why: r.Why})
	}
	return a
}

func (c *Console) offerOf(f *fiber.Ctx, o *conflict.Offer) (rules.Offer, error) {
	values := valuesOfRule(&o.Policy)
	out := rules.Offer{Rule: ruleOf(f, &o.Policy), Review: rulesHref(f) + "/new?" + values.Query(), Dismiss: rulesHref(f) + "/offers/" + o.ID + "/dismiss", Total: len(o.Decisions)}
	if o.Policy.ID != "" {
		out.Review = out.Href + "?" + values.Query()
	}
	from, err := c.opt.Store.ConflictsByID(f.UserContext(), visitOf(f).tenant.ID, o.Decisions[:min(len(o.Decisions), offerLinks)])
	for i := range from {
		out.Decisions = append(out.Decisions, rules.Link{Href: conflictsHref(f) + "/" + from[i].ID, Label: from[i].Key})
	}
	return out, err
}

func (c *Console) dismissOffer(f *fiber.Ctx) error {
	if len(f.Params("offer")) > maxOfferName {
		return fault.New(fault.NotFound, "There is no such offer.")
	}
	if err := c.opt.Store.Dismiss(as(f), visitOf(f).tenant.ID, f.Params("offer")); err != nil {
		return err
	}
	return c.done(f, rulesHref(f), flash{Text: "This policy is not offered again.", Undo: rulesHref(f) + "/offers/" + f.Params("offer") + "/recall"})
}

const maxOfferName = 64

func (c *Console) recallOffer(f *fiber.Ctx) error {
	if err := c.opt.Store.Recall(as(f), visitOf(f).tenant.ID, f.Params("offer")); err != nil {
		return err
	}
	return c.done(f, rulesHref(f), flash{Text: "It is offered again."})
}

// policyDoes says what a policy does, in words.
func policyDoes(p *models.ConflictPolicy) string {
	if p.Path != "" {
		return fieldDoes(p)
	}
	switch {
	case p.Strategy == models.StrategyMerge && p.Fallback == models.StrategyLWW:
		return "Both are merged; where both changed the same, the later write stands."
	case p.Strategy == models.StrategyMerge && p.Fallback == models.StrategyFWW:
		return "Both are merged; where both changed the same, the first write stands."
	case p.Strategy == models.StrategyAssisted && p.Threshold > 0:
		return "Both are merged; where both changed the same, the assistant decides from a confidence of " + ui.Comma(p.Threshold) + " %."
	}
	return strategyDoes(p.Strategy)
}

// strategyDoes says what a strategy alone does, in words.
func strategyDoes(s models.Strategy) string {
	switch s {
	case models.StrategyLWW:
		return "The later write stands."
	case models.StrategyFWW:
		return "The first write stands."
	case models.StrategyMerge:
		return "Both are merged; where both changed the same, a person decides."
	case models.StrategyAssisted:
		return "Both are merged; where both changed the same, the assistant makes a suggestion and a person decides."
	case models.StrategyManual, models.StrategyNone:
	}
	return "A person decides."
}

var kindsDo = map[models.MergeKind]string{
	models.MergeRegister: "It is a register: one of the two stands.",
	models.MergeCounter:  "It is a counter: what both added is added up.",
	models.MergeSet:      "It is a set: what either added, without what either removed.",
	models.MergeList:     "It is a list, merged element by element.",
	models.MergeText:     "It is a text, merged by characters.",
	models.MergeRows:     "It is a list of rows that are told apart by their id, each merged member by member.",
	models.MergeFlag:     "It is yes or no: yes stands.",
}

func fieldDoes(p *models.ConflictPolicy) string {
	text := kindsDo[p.Kind]
	clash := map[models.Strategy]string{
		models.StrategyLWW: "Where it clashes, the later write stands.", models.StrategyFWW: "Where it clashes, the first write stands.", models.StrategyManual: "Where it clashes, a person decides.",
	}[p.Strategy]
	if text != "" && clash != "" {
		text += " "
	}
	return text + clash
}

// policyAt is the policy of the address.
func (c *Console) policyAt(f *fiber.Ctx) (models.ConflictPolicy, error) {
	all, err := c.opt.Store.Policies(f.UserContext(), visitOf(f).tenant.ID)
	if err != nil {
		return models.ConflictPolicy{}, err
	}
	i := slices.IndexFunc(all, func(p models.ConflictPolicy) bool { return p.ID == f.Params("id") })
	if i < 0 {
		return models.ConflictPolicy{}, fault.New(fault.NotFound, "There is no such policy. Somebody may have deleted it.")
	}
	return all[i], nil
}

// policyChanged has this node settle conflicts by what was saved at once.
func (c *Console) policyChanged() { c.opt.Access.Forget() }
