package console

import (
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/access/oidc"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/signin"
)

// Somebody goes to a provider and comes back to an address of ours, which the provider was told of beforehand. What they went for,
// and what the answer is checked against, lies in their session meanwhile, for one answer.
const (
	oidcPath = loginPath + "/oidc/"

	keyErrand = "errand"
)

// errand is what somebody goes to a provider for.
type errand struct {
	Provider string
	Keep     []byte // what the answer is checked against
	At       int64  // ms
	Next     string // where to go afterwards
	Tenant   string // that they want to join; empty: none
	Account  string // whom to link the identity to; empty: they sign in
}

func (c *Console) providers() []signin.Provider {
	var out []signin.Provider
	for _, p := range c.opt.Access.Providers() {
		out = append(out, signin.Provider{Name: p.Name, Title: p.Title})
	}
	return out
}

func (c *Console) providerNamed(name string) (access.Provider, error) {
	for _, p := range c.opt.Access.Providers() {
		if p.Name == name {
			return p, nil
		}
	}
	return access.Provider{}, fault.New(fault.NotFound, "Nobody signs in by such a provider here.")
}

func (c *Console) beginProvider(f *fiber.Ctx) error {
	e := errand{Provider: f.Params("provider"), Next: f.FormValue("next"), Tenant: f.FormValue("tenant")}
	err := c.leave(f, e)
	if fl := fault.From(err); err != nil && (fl.Code == fault.Unavailable || fl.Code == fault.RateLimited) {
		return c.notBy(f, e, err)
	}
	return err
}

// leave sends the browser to a provider. A form may not lead elsewhere, so a page does, by itself where it can.
func (c *Console) leave(f *fiber.Ctx, e errand) error {
	ctx := f.UserContext()
	p, err := c.providerNamed(e.Provider)
	if err != nil {
		return err
	}
	to, keep, err := c.opt.Access.BeginProvider(ctx, e.Provider, telemetry.RequestOf(ctx).Address)
	if err != nil {
		return err
	}
	e.Keep, e.At = keep, clock.Millis(c.opt.Clock)
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if !visitOf(f).signedIn() {
		c.sessions.SetDeadline(ctx, c.opt.Clock.Now().Add(pendingLife))
	}
	c.sessions.Put(ctx, keyErrand, string(text))
	if partial(f) || f.Get("HX-Request") != "" {
		f.Set("HX-Redirect", to)
		return f.SendStatus(http.StatusOK)
	}
	f.Set("Refresh", "0;url="+to)
	return c.bare(f, "Going on to "+p.Title, signin.Leave(signin.LeaveProps{Title: p.Title, To: to}))
}

// errandTo is what somebody went to a provider for, once; false: for nothing, or long ago.
func (c *Console) errandTo(f *fiber.Ctx, provider string) (e errand, ok bool) {
	text := c.sessions.PopString(f.UserContext(), keyErrand)
	if text == "" || json.Unmarshal([]byte(text), &e) != nil {
		return e, false
	}
	return e, e.Provider == provider && clock.Millis(c.opt.Clock)-e.At <= pendingLife.Milliseconds()
}

// fromProvider is where the browser comes back to.
func (c *Console) fromProvider(f *fiber.Ctx) error {
	e, ok := c.errandTo(f, f.Params("provider"))
	if !ok {
		return f.Redirect(loginPath+"?again=1", http.StatusSeeOther)
	}
	back := oidc.Return{State: f.Query("state"), Code: f.Query("code"), Issuer: f.Query("iss"), Error: f.Query("error")}
	if e.Account != "" {
		return c.linkIdentity(f, e, back)
	}
	ctx := f.UserContext()
	m, err := c.opt.Access.ProviderSignIn(ctx, e.Provider, e.Tenant, telemetry.RequestOf(ctx).Address, e.Keep, back)
	if err != nil {
		return c.notBy(f, e, err)
	}
	return c.cameBack(f, e, m)
}

// cameBack goes on with whom a provider has told of: in, or to the second factor. It counts as a password does.
func (c *Console) cameBack(f *fiber.Ctx, e errand, m models.Account) error {
	owes, err := c.owes(f, m)
	if err != nil {
		return err
	}
	if owes {
		return c.askCode(f, m, e.Next, nil)
	}
	err = c.enter(f, m.ID, factorNone)
	if e.Tenant != "" && fault.Is(err, fault.ScopeMissing) {
		return c.linkDone(f, "You have joined", "You can sign in now with "+m.Email+" in your app.")
	}
	if err != nil {
		return err
	}
	return f.Redirect(after(e.Next), http.StatusSeeOther)
}

// notBy shows the sign-in again, with why the provider's way did not lead in.
func (c *Console) notBy(f *fiber.Ctx, e errand, err error) error {
	fl, status := fault.From(err), http.StatusUnprocessableEntity
	p := signin.LoginProps{Next: e.Next, Error: fl.Message}
	switch fl.Code {
	case fault.SignInFailed, fault.Revoked, fault.ScopeMissing, fault.AlreadyExists, fault.EmailUnverified, fault.TenantSuspended, fault.TokenInvalid:
	case fault.RateLimited:
		p.Error, status = waitText(f, fl, "Too many sign-ins failed."), fl.Code.Status()
	case fault.Unavailable:
		status = fl.Code.Status()
	default:
		return err
	}
	return c.bare(f.Status(status), "Sign in", c.loginForm(f, p))
}
