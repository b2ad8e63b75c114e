package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/signin"
)

// Who has a second factor is in only after it. Between the two steps the session, under a new token, holds who gave the
// right password, and nothing else: for every other page nobody is signed in.
const (
	codePath    = "/console/login/code"
	pendingLife = 10 * time.Minute

	keyPending     = "pending"      // whose password was right
	keyPendingAt   = "pending_at"   // when, ms
	keyPendingHash = "pending_hash" // fingerprint of the password it was
)

// How somebody proved to be who they are, beside the password: kept in the session.
const (
	factorNone    = ""
	factorTOTP    = "totp"
	factorPasskey = "passkey"
)

// askCode goes on to the second step of a sign-in, with where to go afterwards and the form in the hand.
func (c *Console) askCode(f *fiber.Ctx, m models.Account, next string, kept *signin.Kept) error {
	ctx := f.UserContext()
	if err := c.sessions.RenewToken(ctx); err != nil {
		return err
	}
	c.sessions.SetDeadline(ctx, c.opt.Clock.Now().Add(pendingLife))
	c.sessions.Put(ctx, keyPending, m.ID)
	c.sessions.Put(ctx, keyPendingAt, clock.Millis(c.opt.Clock))
	c.sessions.Put(ctx, keyPendingHash, fingerprint(m))
	if kept != nil {
		return c.codeForm(f, signin.CodeProps{Next: next, Kept: kept}, m)
	}
	to := codePath
	if local(next) {
		to += "?next=" + url.QueryEscape(next)
	}
	return f.Redirect(to, http.StatusSeeOther)
}

func (c *Console) codeForm(f *fiber.Ctx, p signin.CodeProps, m models.Account) error {
	keys, err := c.opt.Store.Passkeys(f.UserContext(), m.ID)
	if err != nil {
		return err
	}
	p.CSRF, p.Code, p.Passkey = c.token(f), m.TOTPAt != 0, len(keys) > 0
	return c.bare(f, "Second factor", signin.Code(p))
}

// pending is whose password was right a moment ago in this session; zero: nobody's.
func (c *Console) pending(f *fiber.Ctx) (models.Account, error) {
	ctx := f.UserContext()
	id, at := c.sessions.GetString(ctx, keyPending), c.sessions.GetInt64(ctx, keyPendingAt)
	if id == "" || clock.Millis(c.opt.Clock)-at > pendingLife.Milliseconds() {
		return models.Account{}, nil
	}
	m, err := c.opt.Access.AccountByID(ctx, id)
	if fault.Is(err, fault.Revoked) || err == nil && c.sessions.GetString(ctx, keyPendingHash) != fingerprint(m) {
		return models.Account{}, nil
	}
	return m, err
}

func (c *Console) codePage(f *fiber.Ctx) error {
	m, err := c.pending(f)
	if err != nil {
		return err
	}
	if m.ID == "" || visitOf(f).signedIn() {
		return f.Redirect(loginPath, http.StatusSeeOther)
	}
	return c.codeForm(f, signin.CodeProps{Next: f.Query("next")}, m)
}

// giveCode is the second step of a sign-in.
func (c *Console) giveCode(f *fiber.Ctx) error {
	ctx := f.UserContext()
	m, err := c.pending(f)
	if err != nil {
		return err
	}
	if m.ID == "" {
		p := signin.LoginProps{Next: f.FormValue("next"), Kept: inHand(f), Error: "That took too long. Sign in again."}
		return c.bare(f.Status(http.StatusUnprocessableEntity), "Sign in", c.loginForm(f, p))
	}
	err = c.opt.Access.SecondFactor(ctx, m, f.FormValue("code"), telemetry.RequestOf(ctx).Address)
	if err == nil {
		err = c.enter(f, m.ID, factorTOTP)
	}
	if err == nil {
		return c.entered(f, m)
	}
	fl := fault.From(err)
	p := signin.CodeProps{Next: f.FormValue("next"), Kept: inHand(f), Error: fl.Message}
	switch fl.Code {
	case fault.SignInFailed:
		f.Status(http.StatusUnprocessableEntity)
	case fault.RateLimited:
		p.Error = waitText(f, fl, "Too many wrong codes.")
	default:
		return err
	}
	return c.codeForm(f, p, m)
}

// owes says whether somebody whose password was right must give a second factor now: one they have, if it is asked for.
func (c *Console) owes(f *fiber.Ctx, m models.Account) (bool, error) {
	if m.TOTPAt != 0 {
		return true, nil
	}
	must, err := c.opt.Access.AsksFactor(f.UserContext(), m)
	if err != nil || !must {
		return false, err
	}
	keys, err := c.opt.Store.Passkeys(f.UserContext(), m.ID)
	return len(keys) > 0, err
}

// lacks says whether who is signed in must set a second factor up before anything else.
func (c *Console) lacks(f *fiber.Ctx) (bool, error) {
	v := visitOf(f)
	if v.factor != factorNone {
		return false, nil
	}
	return c.opt.Access.AsksFactor(f.UserContext(), v.account)
}
