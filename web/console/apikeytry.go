package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/curl"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/apikeys"
	"tidemark/views/layout"
	"tidemark/views/ui"
	"tidemark/web/api"
)

const (
	loggedKinds = 20 // of requests, to choose from
	placeholder = "$TIDEMARK_API_KEY"
	maxEdited   = 64 << 10 // bytes of a form that is carried along
)

// rehearsal is the form for a request to be rehearsed; one of the log may be chosen.
func (c *Console) rehearsal(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	p := apikeys.TryProps{Curl: keyCurl(f, &k), Address: telemetry.RequestOf(f.UserContext()).Address}
	return c.tryPage(f, k, p)
}

func (c *Console) tryPage(f *fiber.Ctx, k models.APIKey, p apikeys.TryProps) error {
	log, err := c.opt.Access.KeyLog(f.UserContext(), k)
	if err != nil {
		return err
	}
	p.CSRF, p.Base, p.Name, p.Now = c.token(f), keysBase(f)+"/"+k.ID, k.Name, c.opt.Clock.Now().UnixMilli()
	for _, r := range log.Requests {
		name := strconv.FormatInt(r.Day, 10) + "." + r.Shape
		if f.Method() == fiber.MethodGet && f.Query("logged") == name && !r.Others {
			p.Curl, p.Address = trialOf(&r, origin(f)).curl(), r.Address
		}
		if len(p.Logged) < loggedKinds && !r.Others {
			p.Logged = append(p.Logged, loggedOf(&r, p.Base+"/try?logged="+name))
		}
	}
	return c.page(f, keyPlace(f, "Rehearse a request", layout.Crumb{Label: k.Name, Href: p.Base}), apikeys.Try(p))
}

func loggedOf(r *models.KeyRequest, href string) apikeys.Logged {
	return apikeys.Logged{
		Href: href, Address: r.Address, Country: r.Country, Origin: r.Origin, Agent: r.UserAgent, Door: r.Door.String(),
		Permission: r.Permission, Code: r.Code, Count: r.Count, Last: r.Last,
	}
}

// trial is a request to be rehearsed, as it is shown: without its secret.
type trial struct {
	access.Trial
	base string // scheme and host
}

// trialOf is a request like those of the log, by a route that asks for the same permission.
func trialOf(r *models.KeyRequest, base string) trial {
	method, path := access.RouteFor(access.Permission(r.Permission))
	t := trial{Trial: access.Trial{Method: method, Path: path, Address: r.Address, Origin: r.Origin, UserAgent: r.UserAgent}, base: base}
	if r.AllUsers {
		t.UserID = "*"
	}
	return t
}

// trialTyped reads a curl command line. What is wrong with it names nothing of it.
func trialTyped(line string) (trial, error) {
	r, err := curl.Parse(line)
	if err != nil {
		return trial{}, fault.OfField("curl", "format", "cannot be read: %s. It was cleared, since it may hold a secret: paste it again", err)
	}
	bearer := r.Header("Authorization")
	t := trial{base: r.URL.Scheme + "://" + r.URL.Host, Trial: access.Trial{
		Method: r.Method, Path: r.URL.EscapedPath(), Secret: r.Header("X-API-Key"), Bearer: bearer != "", UserID: r.Header("X-User-Id"), InstanceID: r.Header("X-Instance-Id"),
		Origin: r.Header("Origin"), UserAgent: telemetry.Agent([]byte(cmp.Or(r.Header("User-Agent"), "curl/8"))),
	}}
	for name := range r.URL.Query() {
		if api.SecretName(name) {
			t.SecretInURL = true
		}
	}
	secrets := append([]string{t.Secret, bearer}, strings.Fields(bearer)...)
	for _, values := range r.URL.Query() {
		secrets = append(secrets, values...)
	}
	for _, text := range []*string{&t.Path, &t.UserID, &t.InstanceID, &t.Origin, &t.UserAgent, &t.base, &t.Method} {
		*text = hide(*text, secrets)
	}
	if strings.HasPrefix(t.Secret, "$") || strings.HasPrefix(t.Secret, "<") {
		t.Secret = "" // a name in its place
	}
	return t, nil
}

const leastSecret = 12 // signs; a shorter text is no secret worth hiding

// hide takes secrets, and all that looks like a key, out of a text.
func hide(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= leastSecret && !strings.EqualFold(s, "bearer") {
			text = strings.ReplaceAll(text, s, "hidden")
		}
	}
	return access.HideKeys(text)
}

// curl is the command line of a trial, with a name in place of the secret.
func (t trial) curl() string {
	var b strings.Builder
	b.WriteString("curl ")
	if t.Method != fiber.MethodGet {
		b.WriteString("-X " + shellWord(t.Method) + " ")
	}
	b.WriteString(shellWord(t.base + t.Path))
	add := func(option, value string) {
		b.WriteString(" \\\n  " + option + " " + shellWord(value))
	}
	add("-H", "X-API-Key: "+placeholder)
	if t.Bearer {
		add("-H", "Authorization: Bearer $TOKEN")
	}
	for _, h := range []struct{ name, value string }{{"X-User-Id", t.UserID}, {"X-Instance-Id", t.InstanceID}, {"Origin", t.Origin}} {
		if h.value != "" {
			add("-H", h.name+": "+h.value)
		}
	}
	add("-A", t.UserAgent)
	return b.String()
}

// shellWord is a text as a shell takes it for one word.
func shellWord(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// rehearse says what a request would be answered: with the key as it is saved, and as a form has it that was not saved.
func (c *Console) rehearse(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	p := apikeys.TryProps{Address: strings.TrimSpace(f.FormValue("address"))}
	p.Edited = editedFields(f)
	line := f.FormValue("curl")
	if line == "" && len(p.Edited) > 0 { // from the form of the key
		p.Curl, p.Address = keyCurl(f, &k), telemetry.RequestOf(f.UserContext()).Address
		return c.tryPage(f, k, p)
	}
	t, err := trialTyped(line)
	if err == nil {
		p.Curl = t.curl()
		t.Address, err = access.AddressOf(p.Address)
	}
	if err == nil {
		p.Verdicts, err = c.verdicts(f, k, t, len(p.Edited) > 0)
	}
	if fault.Is(err, fault.Invalid) {
		p.Errors = tryErrors(err)
		return c.tryPage(f.Status(http.StatusUnprocessableEntity), k, p)
	}
	if err != nil {
		return err
	}
	return c.tryPage(f, k, p)
}

func (c *Console) verdicts(f *fiber.Ctx, k models.APIKey, t trial, edited bool) ([]apikeys.Verdict, error) {
	saved, err := c.opt.Access.Rehearse(f.UserContext(), k, t.Trial)
	if err != nil {
		return nil, err
	}
	out := []apikeys.Verdict{verdictOf("saved", "As the key is saved", saved)}
	if !edited {
		return out, nil
	}
	typed, err := c.keyEdited(f, k)
	if err != nil {
		return nil, err
	}
	next := k
	next.CanRead, next.CanWrite, next.Scopes, next.From, next.Quotas, next.ExpiresAt = typed.CanRead, typed.CanWrite, typed.Scopes, typed.From, typed.Quotas, typed.ExpiresAt
	then, err := c.opt.Access.Rehearse(f.UserContext(), next, t.Trial)
	if err != nil {
		return nil, err
	}
	return append(out, verdictOf("edited", "With what you edited and did not save", then)), nil
}

var checkWords = map[access.Check]string{
	access.CheckRoute: "Route", access.CheckSecret: "Secret", access.CheckState: "State of the key", access.CheckExpiry: "Expiry", access.CheckTenant: "Tenant", access.CheckMember: "Member",
	access.CheckAddress: "Address", access.CheckCountry: "Country", access.CheckOrigin: "Domain of the page", access.CheckAgent: "Program",
	access.CheckUser: "User", access.CheckRate: "Rate, on this node", access.CheckQuota: "Quota", access.CheckFlags: "Reading and writing", access.CheckScope: "Scope",
}

func verdictOf(id, title string, v access.Verdict) apikeys.Verdict {
	out := apikeys.Verdict{ID: id, Title: title, Permission: string(v.Permission)}
	if v.Fault != nil {
		out.Code, out.Status, out.Why = string(v.Fault.Code), v.Fault.Code.Status(), v.Fault.Message
	}
	for _, one := range v.Findings {
		row := apikeys.Finding{Check: checkWords[one.Check], Held: one.Held, Against: one.Against}
		if one.Fault != nil {
			row.Code, row.Why = string(one.Fault.Code), one.Fault.Message
		}
		out.Findings = append(out.Findings, row)
	}
	return out
}

func tryErrors(err error) map[string]string {
	out := keyErrors(err)
	for _, e := range fault.From(err).Fields {
		switch e.Path {
		case "curl":
			out["curl"] = "This " + e.Message + "."
		case "address":
			out["address"] = "The address " + e.Message + "."
		default:
			out["edited"] = out[e.Path]
		}
	}
	return out
}

var editedNames = []string{"version", "name", "read", "write", "scope", "narrow", "ips", "countries", "unplaced", "domains", "agents", "quotaPerMinute", "quotaPerHour", "quotaPerDay", "quotaPerMonth", "expiry", "date"}

// editedFields are the fields of a key's form that was not saved; none when the request comes from no such form.
func editedFields(f *fiber.Ctx) (out []ui.Hidden) {
	if f.FormValue("version") == "" {
		return nil
	}
	size := 0
	for name, value := range f.Context().PostArgs().All() {
		if size += len(value); slices.Contains(editedNames, string(name)) && size <= maxEdited {
			out = append(out, ui.Hidden{Name: string(name), Value: string(value)})
		}
	}
	return out
}
