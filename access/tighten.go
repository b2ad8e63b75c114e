package access

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Kind is a kind of restriction that can be proposed for a key.
type Kind string

// The kinds.
const (
	KindAddresses Kind = "ips"
	KindCountries Kind = "countries"
	KindDomains   Kind = "domains"
	KindAgents    Kind = "agents"
	KindRights    Kind = "rights"
)

// Kinds are all kinds, in the order in which they are shown.
var Kinds = [...]Kind{KindAddresses, KindCountries, KindDomains, KindAgents, KindRights}

// Proposal is what a key could be held to without refusing any request that it was let make.
type Proposal struct {
	Kind     Kind
	Entries  []string // the restrictions, or the scopes
	Unplaced bool     // with countries: also where the country is not known
	Read     bool     // with rights
	Write    bool
	Why      string // why nothing is proposed; empty: something is
}

// letIn are the requests of a log that were not turned away for who asked.
func letIn(log []models.KeyRequest) (out []models.KeyRequest) {
	for _, r := range log {
		if !r.Others && !RefusedBy(r.Code) {
			out = append(out, r)
		}
	}
	return out
}

// stillLetIn leaves out requests that the key as it is may not make any more: it was narrowed since, and so they say nothing.
func (a *Access) stillLetIn(ctx context.Context, k models.APIKey, good []models.KeyRequest) []models.KeyRequest {
	codes, err := a.wouldRefuse(ctx, k, good)
	if err != nil {
		return good // and no proposal is proved
	}
	out := good[:0]
	for i, r := range good {
		if codes[i] == "" {
			out = append(out, r)
		}
	}
	return out
}

// RefusedBy says whether a request answered with the code was turned away for who asked, and not for what.
func RefusedBy(code string) bool {
	return code != "" && refusal(fault.New(fault.Code(code), "%s", code))
}

// Propose proposes what a key could be held to by what it was used for. A proposal refuses none
// of the requests that were let through, and lets in nobody whom the key as it is keeps out; where
// that cannot be had in few entries, there is none, and it says why.
func (a *Access) Propose(ctx context.Context, k models.APIKey, log KeyLog) []Proposal {
	good := a.stillLetIn(ctx, k, letIn(log.Requests))
	out := make([]Proposal, 0, len(Kinds))
	for _, kind := range Kinds {
		p := Proposal{Kind: kind}
		switch {
		case log.Partial:
			p.Why = "It was used in more ways than the log tells apart."
		case len(good) == 0:
			p.Why = "It was not used in the last 30 days."
		default:
			a.propose(&p, k, good)
		}
		if p.Why == "" {
			a.prove(ctx, &p, k, good)
		}
		if p.Why != "" {
			p = Proposal{Kind: kind, Why: p.Why}
		}
		out = append(out, p)
	}
	return out
}

func (a *Access) propose(p *Proposal, k models.APIKey, good []models.KeyRequest) {
	switch p.Kind {
	case KindAddresses:
		p.Entries, p.Why = networksOf(good)
	case KindCountries:
		p.Entries, p.Unplaced, p.Why = a.countriesOf(good)
	case KindDomains:
		p.Entries, p.Why = originsOf(good)
	case KindAgents:
		p.Entries, p.Why = agentsOf(good)
	case KindRights:
		p.Entries, p.Read, p.Write = rightsOf(k, good)
	}
}

// Apply is the key with a proposal taken.
func (p Proposal) Apply(k models.APIKey) models.APIKey {
	switch p.Kind {
	case KindAddresses:
		k.From.IPs = p.Entries
	case KindCountries:
		k.From.Countries, k.From.Unplaced = p.Entries, p.Unplaced
	case KindDomains:
		k.From.Domains = p.Entries
	case KindAgents:
		k.From.UserAgents = p.Entries
	case KindRights:
		k.Scopes, k.CanRead, k.CanWrite = p.Entries, p.Read, p.Write
	}
	return k
}

// prove takes a proposal back that would refuse what was let through, that would let in more than the key does, or that changes nothing.
func (a *Access) prove(ctx context.Context, p *Proposal, k models.APIKey, good []models.KeyRequest) {
	next, err := checked(p.Apply(k))
	switch {
	case err != nil:
		p.Why = "What was seen cannot be written down as such a restriction."
	case same(next, k):
		p.Why = "It is held to exactly that already."
	case wider(p, &k):
		p.Why = "What it is held to already is narrower, or cannot be compared."
	default:
		codes, err := a.wouldRefuse(ctx, next, good)
		if err != nil || slices.ContainsFunc(codes, func(c fault.Code) bool { return c != "" }) {
			p.Why = "Some requests that were let through would be refused."
		}
	}
}

// checked is a key with its restrictions in the form they are kept in, or what is wrong with it.
func checked(k models.APIKey) (models.APIKey, error) {
	err := checkRights(k)
	if err == nil {
		k.From, err = checkRestrictions(k.From)
	}
	return k, err
}

func same(a, b models.APIKey) bool {
	return slices.Equal(a.From.IPs, b.From.IPs) && slices.Equal(a.From.Countries, b.From.Countries) && a.From.Unplaced == b.From.Unplaced &&
		slices.Equal(a.From.Domains, b.From.Domains) && slices.Equal(a.From.UserAgents, b.From.UserAgents) &&
		slices.Equal(a.Scopes, b.Scopes) && a.CanRead == b.CanRead && a.CanWrite == b.CanWrite
}

// wider says whether a proposal could let in what the key keeps out.
func wider(p *Proposal, k *models.APIKey) bool {
	switch p.Kind {
	case KindAddresses:
		return len(k.From.IPs) > 0 && slices.ContainsFunc(p.Entries, func(e string) bool { return !inSome(e, k.From.IPs) })
	case KindCountries:
		return len(k.From.Countries) > 0 && (p.Unplaced && !k.From.Unplaced ||
			slices.ContainsFunc(p.Entries, func(c string) bool { return !slices.Contains(k.From.Countries, c) }))
	case KindDomains:
		r, ok := compile(models.Restrictions{Domains: k.From.Domains}, ofKey, nil)
		return !ok || len(k.From.Domains) > 0 && slices.ContainsFunc(p.Entries, func(e string) bool { return !r.home(e) })
	case KindAgents:
		return len(k.From.UserAgents) > 0 // nobody can compare expressions
	case KindRights:
	}
	return false
}

// DryRun is what a key would have answered the requests of its log.
type DryRun struct {
	Good    int64 // requests that were let through
	Lost    int64 // of them, those that it would have refused
	Bad     int64 // requests that were refused
	Still   int64 // of them, those that it would have refused, too, for where they came from or what they asked
	Unknown int64 // of which the log knows too little
	Refused []Lost
}

// Lost is a kind of requests that were let through and would have been refused, and why.
type Lost struct {
	models.KeyRequest
	Why fault.Code
}

// DryRun says which requests of a log a key would have refused, by the checks that decide on real
// ones. The key is as k has it, saved or not. Faults: `invalid`.
func (a *Access) DryRun(ctx context.Context, k models.APIKey, log KeyLog) (DryRun, error) {
	k, err := checked(k)
	if err != nil {
		return DryRun{}, err
	}
	codes, err := a.wouldRefuse(ctx, k, log.Requests)
	if err != nil {
		return DryRun{}, err
	}
	var d DryRun
	for i, r := range log.Requests {
		switch no := codes[i] != ""; {
		case r.Others:
			d.Unknown += r.Count
		case RefusedBy(r.Code):
			d.Bad += r.Count
			if no {
				d.Still += r.Count
			}
		default:
			d.Good += r.Count
			if no {
				d.Lost += r.Count
				d.Refused = append(d.Refused, Lost{r, codes[i]})
			}
		}
	}
	return d, nil
}

// wouldRefuse are the codes with which a key would refuse requests; empty for those it lets through.
func (a *Access) wouldRefuse(ctx context.Context, k models.APIKey, requests []models.KeyRequest) ([]fault.Code, error) {
	t, err := a.tenantNamed(ctx, k.TenantID)
	if err != nil {
		return nil, err
	}
	e, err := a.entryOf(ctx, k, t, nil)
	if err != nil {
		return nil, err
	}
	out := make([]fault.Code, len(requests))
	for i := range requests {
		if !requests[i].Others {
			out[i] = fault.CodeOf(a.again(e, &requests[i]))
		}
	}
	return out, nil
}

// again asks for a request of the log what is asked for a new one.
func (a *Access) again(e *entry, r *models.KeyRequest) error {
	if err := e.admit(source{r.Address, r.Origin, r.UserAgent}); err != nil {
		return err
	}
	c := e.caller
	if r.AllUsers {
		if err := a.Allow(c, UsersAll, "", ""); err != nil {
			return err
		}
	}
	if r.Permission == "" {
		return nil
	}
	if p := Permission(r.Permission); p != Authenticated {
		return a.Holds(c, p)
	}
	if r.Door == models.DoorSocketIO || r.Door == models.DoorWebSocket {
		return a.Holds(c, Events["connect"])
	}
	return nil
}

// rightsOf are the scopes and flags that suffice for requests. What is read decides on what is
// answered, too, so a key that read anything keeps what it may read of the items.
func rightsOf(k models.APIKey, good []models.KeyRequest) (scopes []string, read, write bool) {
	var used []Permission
	for _, r := range good {
		used = append(used, Permission(r.Permission))
		if r.AllUsers {
			used = append(used, UsersAll)
		}
		if p := Permission(r.Permission); p == Authenticated || p != "" && !slices.Contains(writes, p) {
			used = append(used, ItemsRead)
		}
	}
	for _, p := range grantable {
		if !slices.Contains(used, p) {
			continue
		}
		of := scopesFor(k.Scopes, p)
		scopes = append(scopes, of...)
		changes := slices.Contains(writes, p)
		read, write = read || !changes && len(of) > 0 && k.CanRead, write || changes && len(of) > 0 && k.CanWrite
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), read, write
}

// scopesFor are scopes that give no more than those that a key has give of a permission.
func scopesFor(scopes []string, p Permission) (out []string) {
	for _, s := range scopes {
		if slices.Contains(bundles[s], p) || s == string(p) {
			return []string{string(p)}
		}
		if strings.HasPrefix(s, string(p)+":") {
			out = append(out, s)
		}
	}
	return out
}
