package access

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Trial is a request of REST that was not made, with an API key.
type Trial struct {
	Method      string
	Path        string // as it stands in the URL, without the query
	Secret      string // empty: the one that the key has
	Bearer      bool   // it brings a token, too
	SecretInURL bool   // it brings a credential where logs keep it
	UserID      string
	InstanceID  string
	Address     string
	Origin      string
	UserAgent   string
}

// Finding is what became of a check: what was looked at, what it was held to, and what is wrong, if anything.
type Finding struct {
	Check   Check
	Held    string
	Against []string // nothing: the key is not held to anything there
	Fault   *fault.Error
}

// Verdict is what a request would be answered, as far as access decides it.
type Verdict struct {
	Permission Permission
	Fault      *fault.Error // of the first check that refuses it; nil: it is let through
	Findings   []Finding    // in the order in which a request meets the checks
}

// also is what routes ask for beside their permission: to hold it for everything.
var also = map[string]Permission{"GET /api/v1/sync-storage/conflicts/stats": ItemsRead}

const itemRoute = "/api/v1/sync-storage/item/"

// Rehearse says what a request with a key would be answered, check by check, by the checks that
// decide on real ones. Nothing is counted, taken or noted. The key is as k has it, saved or not;
// its restrictions and scopes must be good. Faults: `invalid`, `unavailable`.
func (a *Access) Rehearse(ctx context.Context, k models.APIKey, t Trial) (Verdict, error) {
	tenant, err := a.tenantNamed(ctx, k.TenantID)
	if err != nil {
		return Verdict{}, err
	}
	if k.From, err = checkRestrictions(k.From); err == nil {
		err = checkQuotas(k.Quotas)
	}
	if err == nil {
		err = CheckScopes(k.Scopes)
	}
	if err != nil {
		return Verdict{}, err
	}
	e, err := a.entryOf(ctx, k, tenant, nil)
	if err != nil {
		return Verdict{}, err
	}
	r := &rehearsal{access: a, entry: e, trial: t, now: clock.Millis(a.opt.Clock)}
	if r.route(); r.verdict.Permission == Public {
		return r.verdict, nil
	}
	r.credential()
	r.restrictions()
	r.user(ctx)
	r.rate()
	if err := r.quota(ctx); err != nil {
		return Verdict{}, err
	}
	r.rights()
	return r.verdict, nil
}

// rehearsal is a request on its way through the checks.
type rehearsal struct {
	access   *Access
	entry    *entry
	trial    Trial
	now      int64
	name     string // of the route
	rotation int64
	caller   models.Caller
	refused  bool // before anybody knew that the key is good
	verdict  Verdict
}

func (r *rehearsal) find(c Check, heldTo string, err error, against ...string) {
	f := Finding{Check: c, Held: heldTo, Against: against, Fault: fault.From(err)}
	if f.Fault != nil && r.verdict.Fault == nil {
		r.verdict.Fault = f.Fault
	}
	r.verdict.Findings = append(r.verdict.Findings, f)
}

func (r *rehearsal) route() {
	name, p := routeOf(r.trial.Method, r.trial.Path)
	r.name, r.verdict.Permission = name, p
	var err error
	if p == "" {
		err = fault.New(fault.NotFound, "There is nothing at this address by this method.")
	}
	r.find(CheckRoute, r.trial.Method+" "+r.trial.Path, err, name)
}

// routeOf is the route of a request, and its permission; both are empty when there is none.
func routeOf(method, path string) (string, Permission) {
	asked := method + " " + path
	if p, ok := Routes[asked]; ok && !strings.HasSuffix(asked, "*") {
		return asked, p
	}
	for name, p := range Routes {
		if before, open := strings.CutSuffix(name, "*"); open && len(asked) > len(before) && strings.HasPrefix(asked, before) {
			return name, p
		}
	}
	return "", ""
}

// credential asks what Authenticate asks of the key itself.
func (r *rehearsal) credential() {
	e, k := r.entry, &r.entry.key
	r.rotation = k.Rotation
	r.find(CheckSecret, map[bool]string{true: "the one it has", false: "the one sent"}[r.trial.Secret == ""], r.admissible(), "…"+k.Last4)
	for _, c := range standing {
		held, against := r.standingWords(c.name)
		r.find(c.name, held, c.ask(e, r.now, r.rotation), against...)
	}
}

// admissible says whether the request brings a secret of the key, and nothing beside it.
func (r *rehearsal) admissible() error {
	switch {
	case r.trial.SecretInURL:
		return fault.New(fault.Malformed, "A credential in the URL is refused, since URLs are logged. Send it as a header.")
	case r.trial.Bearer:
		return fault.New(fault.Malformed, "Send one credential, not several.")
	case !r.access.opt.APIKeysEnabled:
		return keysOff()
	case r.trial.Secret == "":
		return nil
	case !wellFormed(r.trial.Secret):
		return fault.New(fault.APIKeyInvalid, "This is not an API key, or it has a typo.")
	}
	return r.opened()
}

// opened says whether the secret is one of the key's, and notes which.
func (r *rehearsal) opened() error {
	hash := hashSecret(r.trial.Secret)
	for _, one := range r.entry.hashes() {
		if one == hash {
			r.rotation = r.entry.rotationOf(hash[:])
			return nil
		}
	}
	return fault.New(fault.APIKeyInvalid, "This is the secret of another key, or of none.")
}

func (r *rehearsal) standingWords(c Check) (held string, against []string) {
	e := r.entry
	switch c {
	case CheckState:
		return string(e.key.State(0)), []string{string(models.KeyActive)}
	case CheckExpiry:
		if at := e.ends(r.rotation); at != 0 {
			against = []string{stamp(at)}
		}
		return stamp(r.now), against
	case CheckMember:
		if e.user != nil {
			return e.key.UserID, []string{"let in"}
		}
		return "", nil
	default:
		return e.tenant.Slug, []string{"open"}
	}
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// restrictions asks where the request comes from.
func (r *rehearsal) restrictions() {
	from := source{r.trial.Address, r.trial.Origin, r.trial.UserAgent}
	words := map[Check]Finding{
		CheckAddress: {Held: from.address, Against: slices.Concat(r.entry.tenant.From.IPs, r.entry.key.From.IPs)},
		CheckCountry: {Held: r.access.countryOf(from.address), Against: slices.Concat(r.entry.tenant.From.Countries, r.entry.key.From.Countries)},
		CheckOrigin:  {Held: from.origin, Against: slices.Concat(r.entry.tenant.From.Domains, r.entry.key.From.Domains)},
		CheckAgent:   {Held: from.agent, Against: slices.Concat(r.entry.tenant.From.UserAgents, r.entry.key.From.UserAgents)},
	}
	for _, c := range origins {
		r.find(c.name, words[c.name].Held, r.entry.asked(c.ask, from), words[c.name].Against...)
	}
	r.refused = r.verdict.Fault != nil
}

// user asks for whom the request acts.
func (r *rehearsal) user(ctx context.Context) {
	cr := Credential{UserID: r.trial.UserID, InstanceID: r.trial.InstanceID, Door: models.DoorREST, Address: r.trial.Address, Origin: r.trial.Origin, UserAgent: r.trial.UserAgent}
	r.caller = r.entry.caller
	cameBy(&r.caller, &cr)
	err := r.access.actFor(ctx, &r.caller, &cr)
	r.refused = r.refused || err != nil
	r.find(CheckUser, cmp.Or(r.trial.UserID, r.caller.UserID), err, cmp.Or(r.entry.key.UserID, "any user"))
}

// rate asks whether there is room for one request more, on this node.
func (r *rehearsal) rate() {
	l := r.access.limiter.Load()
	if l == nil {
		return
	}
	if r.refused {
		for _, b := range l.strangers(r.trial.Address) {
			if _, err := l.would(b); err != nil && !r.unknown() {
				r.find(CheckRate, "the address", err, "its refused credentials")
				r.verdict.Fault = fault.From(err) // which tells less
				return
			}
		}
		return
	}
	var tightest Rate
	for _, b := range l.bounds(r.caller) {
		rate, err := l.would(b)
		if tightest = tightest.tighter(rate); err != nil {
			r.find(CheckRate, "no request left", err, rate.words())
			return
		}
	}
	if tightest.Limit == 0 {
		r.find(CheckRate, "", nil)
		return
	}
	r.find(CheckRate, tightest.left(), nil, tightest.words())
}

// unknown says that the request reaches no route that would ask for a credential.
func (r *rehearsal) unknown() bool { return r.verdict.Permission == "" }

// quota asks what is left of the key's quotas; the longest that is used up is told.
func (r *rehearsal) quota(ctx context.Context) error {
	uses, err := r.access.QuotaUses(ctx, r.entry.key)
	if err != nil {
		return err
	}
	now := r.access.opt.Clock.Now()
	var tightest Rate
	var span models.Span
	for i := len(uses) - 1; i >= 0; i-- {
		limit := r.entry.key.Quotas.Of(uses[i].Span)
		_, ends := uses[i].Span.Window(now)
		w := window{used: uses[i].Used, ends: ends.UnixMilli()}
		rate := w.rate(limit, now)
		if uses[i].Used >= limit {
			r.find(CheckQuota, rate.left(), usedUp(limit, uses[i].Span, rate), rate.words()+" a "+string(uses[i].Span))
			return nil
		}
		if tightest.tighter(rate) == rate {
			tightest, span = rate, uses[i].Span
		}
	}
	if tightest.Limit == 0 {
		r.find(CheckQuota, "", nil)
		return nil
	}
	r.find(CheckQuota, tightest.left(), nil, tightest.words()+" a "+string(span))
	return nil
}

// rights asks whether the key may do it, by its flags and its scopes.
func (r *rehearsal) rights() {
	p, c := r.verdict.Permission, r.caller
	if p == "" || p == Public || p == Authenticated {
		return
	}
	r.find(CheckFlags, string(p), flags(c, p), may(c))
	err := held(c, p)
	if err == nil {
		err = r.covered(c, p)
	}
	r.find(CheckScope, string(p), err, c.Scopes...)
}

// covered asks what is asked again where the key of an item is known.
func (r *rehearsal) covered(c models.Caller, p Permission) error {
	if more, ok := also[r.name]; ok {
		return r.access.Allow(c, more, "", "")
	}
	raw, ok := strings.CutPrefix(r.trial.Path, itemRoute)
	if !ok {
		return nil
	}
	key, err := url.PathUnescape(raw)
	if err != nil {
		return fault.New(fault.Malformed, "The key in the path has a %% that is not followed by two hex digits.")
	}
	if err := protocol.CheckKey(key); err != nil {
		return err
	}
	return covered(c, p, models.Storage, key)
}

func may(c models.Caller) string {
	switch {
	case c.CanRead && c.CanWrite:
		return "read and write"
	case c.CanWrite:
		return "write only"
	}
	return "read only"
}

// left and words say what remains of a rate, and of how many.
func (r Rate) left() string  { return count(r.Remaining) + " left" }
func (r Rate) words() string { return count(r.Limit) }

func count(n int) string {
	if n == 1 {
		return "1 request"
	}
	return strconv.Itoa(n) + " requests"
}

// AddressOf reads an address that a request can come from; another is `invalid`.
func AddressOf(address string) (string, error) {
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil || a.Zone() != "" {
		return "", fault.OfField("address", "format", "must be an IP address, such as 203.0.113.7")
	}
	return a.Unmap().String(), nil
}

// RouteFor is a request of REST for which a permission is asked, and which names no item where it can be helped.
func RouteFor(p Permission) (method, path string) {
	name := ""
	for route, asks := range Routes {
		open := strings.HasSuffix(route, "*")
		if asks != p || !strings.Contains(route, " /api/v1/") {
			continue
		}
		if was := strings.HasSuffix(name, "*"); name == "" || was && !open || was == open && route < name {
			name = route
		}
	}
	if name == "" {
		name = "POST /api/v1/auth/ticket"
	}
	method, path, _ = strings.Cut(name, " ")
	return method, strings.Replace(path, "*", "example", 1)
}

var keyLike = regexp.MustCompile(`[0-9A-Za-z_]{33,}`)

// HideKeys takes all that could be the secret of a key out of a text.
func HideKeys(text string) string {
	return keyLike.ReplaceAllStringFunc(text, func(s string) string {
		if wellFormed(s) {
			return "hidden"
		}
		return s
	})
}
