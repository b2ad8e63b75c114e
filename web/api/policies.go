package api

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

const policiesPath = "/api/v1/sync-storage/conflicts/policies/"

// Policy is how conflicts of some keys are settled, or how a field of their values is merged.
type Policy struct {
	ID         string    `json:"id,omitempty" doc:"Absent: it is only suggested."`
	Collection string    `json:"collection" doc:"Empty: every one."`
	Pattern    string    `json:"pattern" doc:"A key, or with * at its end all that begin with it; empty: every key."`
	Path       string    `json:"path" doc:"JSON pointer to a field, in which * is any one name; empty: the item."`
	Strategy   string    `json:"strategy" enum:",LAST_WRITE_WINS,FIRST_WRITE_WINS,MERGE,AI_ASSISTED,MANUAL" doc:"Of a field: what is done when it clashes; empty: as for the item."`
	Fallback   string    `json:"fallback" enum:",LAST_WRITE_WINS,FIRST_WRITE_WINS,MANUAL" doc:"With MERGE: what is done with what clashes; empty: a person decides."`
	Kind       string    `json:"kind" enum:",register,counter,set,list,text,rows,flag" doc:"Of a field: how it merges; empty: by its values."`
	Threshold  int64     `json:"threshold" doc:"With AI_ASSISTED: the confidence in percent from which a suggestion is applied; 0: none is."`
	Version    int64     `json:"version,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	UpdatedAt  time.Time `json:"updatedAt,omitzero"`
	DeletedAt  time.Time `json:"deletedAt,omitzero" doc:"Since when it is in the trash, where it settles nothing."`
}

// PolicyInput is the body that makes or changes a policy.
type PolicyInput struct {
	Collection string `json:"collection,omitempty" maxLength:"64"`
	Pattern    string `json:"pattern,omitempty" maxLength:"512"`
	Path       string `json:"path,omitempty" maxLength:"512"`
	Strategy   string `json:"strategy,omitempty"`
	Fallback   string `json:"fallback,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Threshold  int64  `json:"threshold,omitempty"`
}

// PolicyList is a tenant's policies.
type PolicyList struct {
	Strategy string   `json:"strategy" doc:"The tenant's own, where no policy says otherwise; empty: a person decides."`
	Policies []Policy `json:"policies" nullable:"false"`
}

// FieldPolicy is how a field is merged.
type FieldPolicy struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	Strategy string `json:"strategy"`
}

// PolicyReason says what part a policy has in the conflicts of a key.
type PolicyReason struct {
	Policy Policy `json:"policy"`
	Rules  bool   `json:"rules" doc:"It decides the item, or what it says of a field holds."`
	Why    string `json:"why"`
}

// AppliedPolicy is how conflicts of a key are settled, and why.
type AppliedPolicy struct {
	PolicyID  string         `json:"policyId" doc:"Empty: the tenant's own setting."`
	Strategy  string         `json:"strategy" doc:"Empty: a person decides."`
	Fallback  string         `json:"fallback"`
	Threshold int64          `json:"threshold"`
	Fields    []FieldPolicy  `json:"fields" nullable:"false"`
	Fitting   []PolicyReason `json:"fitting" nullable:"false" doc:"The policies that are for the key, the most specific first."`
}

func policyOf(p *models.ConflictPolicy) Policy {
	out := Policy{
		ID: p.ID, Collection: p.Collection, Pattern: p.Pattern, Path: p.Path, Strategy: string(p.Strategy), Fallback: string(p.Fallback),
		Kind: string(p.Kind), Threshold: p.Threshold, Version: p.Version, DeletedAt: moment(p.DeletedAt),
	}
	if p.CreatedAt != 0 {
		out.CreatedAt, out.UpdatedAt = time.UnixMilli(p.CreatedAt).UTC(), time.UnixMilli(p.UpdatedAt).UTC()
	}
	return out
}

func appliedPolicy(p *conflict.Policy, rulings []conflict.Ruling) AppliedPolicy {
	out := AppliedPolicy{
		PolicyID: p.ID, Strategy: string(p.Strategy), Fallback: string(p.Fallback), Threshold: p.Threshold, Fields: []FieldPolicy{}, Fitting: []PolicyReason{},
	}
	for i := range rulings {
		r := &rulings[i]
		if !r.Fits {
			continue
		}
		if r.Rules && r.Policy.Path != "" {
			out.Fields = append(out.Fields, FieldPolicy{Path: r.Policy.Path, Kind: string(r.Policy.Kind), Strategy: string(r.Policy.Strategy)})
		}
		out.Fitting = append(out.Fitting, PolicyReason{Policy: policyOf(&r.Policy), Rules: r.Rules, Why: r.Why})
	}
	return out
}

// PolicyFor answers how conflicts of a key are settled, and why.
func (a *API) PolicyFor(c *fiber.Ctx, who models.Caller) error {
	key, collection := text(c, "key"), text(c, "collection")
	if err := protocol.CheckKey(key); err != nil {
		return err
	}
	if collection == "" {
		collection = models.Storage
	} else if err := protocol.CheckCollection(collection); err != nil {
		return err
	}
	p := conflict.PolicyFor(who.Strategy, who.Policies, collection, key)
	return sendJSON(c, appliedPolicy(&p, conflict.Explain(who.Policies, collection, key)))
}

// Policies answers a tenant's policies, the oldest first; with trash=true those that were deleted instead, the last one first.
func (a *API) Policies(c *fiber.Ctx, who models.Caller) error {
	trash, err := flag(c, "trash")
	if err != nil {
		return err
	}
	read := a.opt.Store.Policies
	if trash {
		read = a.opt.Store.PolicyTrash
	}
	all, err := read(c.UserContext(), who.TenantID)
	if err != nil {
		return err
	}
	out := PolicyList{Strategy: string(who.Strategy), Policies: make([]Policy, len(all))}
	for i := range all {
		out.Policies[i] = policyOf(&all[i])
	}
	return sendJSON(c, out)
}

// AddPolicy makes a policy.
func (a *API) AddPolicy(c *fiber.Ctx, who models.Caller) error {
	p, err := policyInput(c, who)
	if err != nil {
		return err
	}
	p, err = a.opt.Store.AddPolicy(authored(c, who), p)
	if err != nil {
		return err
	}
	a.opt.Access.Forget()
	c.Set(fiber.HeaderLocation, policiesPath+p.ID)
	c.Status(fiber.StatusCreated)
	setETag(c, p.Version)
	return sendJSON(c, policyOf(&p))
}

// EditPolicy changes a policy, all of it, at the version that If-Match names.
func (a *API) EditPolicy(c *fiber.Ctx, who models.Caller) error {
	p, err := policyInput(c, who)
	if err != nil {
		return err
	}
	if p.ID, p.Version, err = policyAt(c); err != nil {
		return err
	}
	done, err := a.opt.Store.EditPolicy(authored(c, who), p)
	return a.policyDone(c, p, done, err)
}

// DeletePolicy moves a policy to the trash, at the version that If-Match names.
func (a *API) DeletePolicy(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	id, version, err := policyAt(c)
	if err != nil {
		return err
	}
	p := models.ConflictPolicy{TenantID: who.TenantID, ID: id, Version: version}
	done, err := a.opt.Store.DeletePolicy(authored(c, who), p)
	if err != nil {
		return a.policyDone(c, p, done, err)
	}
	a.opt.Access.Forget()
	setETag(c, done.Version)
	c.Status(fiber.StatusNoContent)
	return nil
}

// RestorePolicy takes a policy out of the trash, at the version that If-Match names.
func (a *API) RestorePolicy(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	id, version, err := policyAt(c)
	if err != nil {
		return err
	}
	p := models.ConflictPolicy{TenantID: who.TenantID, ID: id, Version: version}
	done, err := a.opt.Store.RestorePolicy(authored(c, who), p)
	return a.policyDone(c, p, done, err)
}

// policyDone answers a policy that was changed, or why it was not.
func (a *API) policyDone(c *fiber.Ctx, p, done models.ConflictPolicy, err error) error {
	ctx := c.UserContext()
	if err != nil {
		return a.stale(ctx, err, p.TenantID, p.ID, "policy.", func() (any, error) {
			all, err := a.opt.Store.Policies(ctx, p.TenantID)
			if i := slices.IndexFunc(all, func(o models.ConflictPolicy) bool { return o.ID == p.ID }); i >= 0 {
				return policyOf(&all[i]), nil
			}
			return nil, cmp.Or(err, error(fault.New(fault.NotFound, "It is gone.")))
		})
	}
	a.opt.Access.Forget()
	setETag(c, done.Version)
	out := policyOf(&done)
	if done.CreatedAt == 0 {
		out.CreatedAt = time.Time{}
	}
	return sendJSON(c, out)
}

func policyInput(c *fiber.Ctx, who models.Caller) (models.ConflictPolicy, error) {
	var in PolicyInput
	err := strict(c, &in, "collection", "pattern", "path", "strategy", "fallback", "kind", "threshold")
	return models.ConflictPolicy{
		TenantID: who.TenantID, Collection: in.Collection, Pattern: in.Pattern, Path: in.Path, Strategy: models.Strategy(in.Strategy),
		Fallback: models.Strategy(in.Fallback), Kind: models.MergeKind(in.Kind), Threshold: in.Threshold,
	}, err
}

// policyAt is which policy the path names, at which version.
func policyAt(c *fiber.Ctx) (id string, version int64, err error) {
	version, ok := versionOf(bytes.TrimSpace(c.Request().Header.Peek(fiber.HeaderIfMatch)))
	if !ok {
		return "", 0, fault.New(fault.Malformed, `If-Match must name the version that was read, in quotes, such as "3".`)
	}
	return c.Params("*"), version, nil
}
