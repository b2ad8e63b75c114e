package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const (
	sessionCookie = "tidemark"
	sessionLife   = 12 * time.Hour // whatever happens
	sessionIdle   = 2 * time.Hour  // without a request
	sessionTouch  = time.Minute    // how exactly the last request is noted

	patience = 2400 * time.Millisecond // with the database; one that is away is told within three seconds
)

// What a session holds.
const (
	keyAdmin    = "admin"
	keySeen     = "seen"     // last request, ms
	keyPassword = "password" // fingerprint: a new password ends the session
	keyBegun    = "begun"    // sign-in, ms
	keyAddress  = "address"  // of the last request
	keyAgent    = "agent"    // the browser, as it calls itself
	keyFactor   = "factor"   // how they proved to be it beside the password; empty: not at all
)

// visit is who is asking, kept with the request.
type visit struct {
	base    context.Context    // the request's, without the session and without an end
	token   string             // of the session; empty: none
	account models.Account     // zero: nobody is signed in
	tenant  models.Tenant      // whose pages these are; zero: none
	fields  []models.FieldRule // what the person's role there keeps from them
	factor  string             // with which second factor they came; empty: without
	needs   access.Permission  // of the page, which who has it open must go on to hold; empty: none
}

func (v *visit) signedIn() bool { return v.account.ID != "" }

const visitKey = "console.visit"

// visitOf is the visit of a request; an empty one before session has run. Never nil.
func visitOf(f *fiber.Ctx) *visit {
	if v, ok := f.Locals(visitKey).(*visit); ok {
		return v
	}
	return &visit{base: f.UserContext()}
}

func newSessions(s *store.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = sessionStore{s, m.Codec}
	m.Lifetime = sessionLife
	return m
}

// sessionStore keeps sessions in the database, which knows only hashes of their tokens.
type sessionStore struct {
	store *store.Store
	codec scs.Codec
}

// loadedToken is the token of the session that a context was loaded with.
type loadedToken struct{}

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return s.store.SessionFind(ctx, token)
}

// CommitCtx keeps a session. One that was there when the request came, and has been ended since, does not come back.
func (s sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	_, values, err := s.codec.Decode(b)
	if err != nil {
		return err
	}
	m := models.Session{Data: b, ExpiresAt: expiry.UnixMilli()}
	m.AccountID, _ = values[keyAdmin].(string) // of who is not signed in there is nothing of these
	m.Address, _ = values[keyAddress].(string)
	m.UserAgent, _ = values[keyAgent].(string)
	m.CreatedAt, _ = values[keyBegun].(int64)
	m.SeenAt, _ = values[keySeen].(int64)
	if loaded, _ := ctx.Value(loadedToken{}).(string); loaded == token {
		return s.store.SessionSave(ctx, token, m)
	}
	return s.store.SessionAdd(ctx, token, m)
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.store.SessionDelete(ctx, token)
}

func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// session finds out who is asking, and keeps what the handler changes of their session.
func (c *Console) session(f *fiber.Ctx) error {
	v := &visit{base: f.UserContext(), token: f.Cookies(c.cookie(sessionCookie))}
	f.Locals(visitKey, v)
	telemetry.RequestOf(v.base).Agent = telemetry.Agent(f.Request().Header.UserAgent())
	ctx, cancel := clock.WithPatience(v.base, patience)
	defer cancel()
	ctx, admin, err := c.visitor(ctx, v.token)
	if err != nil {
		return err
	}
	v.account, v.factor = admin, c.sessions.GetString(ctx, keyFactor)
	f.SetUserContext(ctx)
	if admin.ID == "" {
		v.token = ""
	}
	err = f.Next()
	return errors.Join(err, c.keep(ctx, f))
}

// visitor is the administrator of a session, and the session in a context. Nobody is a zero administrator.
func (c *Console) visitor(ctx context.Context, token string) (context.Context, models.Account, error) {
	ctx, err := c.sessions.Load(context.WithValue(ctx, loadedToken{}, token), token)
	if err != nil {
		return nil, models.Account{}, err
	}
	id, now := c.sessions.GetString(ctx, keyAdmin), clock.Millis(c.opt.Clock)
	if id == "" {
		return ctx, models.Account{}, nil
	}
	idle := time.Duration(now-c.sessions.GetInt64(ctx, keySeen)) * time.Millisecond
	if idle > sessionIdle {
		return ctx, models.Account{}, c.sessions.Destroy(ctx)
	}
	admin, err := c.admin(ctx, id)
	if fault.Is(err, fault.Revoked) || err == nil && !c.stands(ctx, admin) {
		return ctx, models.Account{}, c.sessions.Destroy(ctx)
	}
	if err == nil && idle > sessionTouch {
		c.seen(ctx)
	}
	return ctx, admin, err
}

// stands says whether a session is still good for an account: the password is the one it began with, and it gave the second factor if there is one.
func (c *Console) stands(ctx context.Context, m models.Account) bool {
	return c.sessions.GetString(ctx, keyPassword) == fingerprint(m) && (m.TOTPAt == 0 || c.sessions.GetString(ctx, keyFactor) != factorNone)
}

// SignedIn says whether an administrator's session comes with a request, whatever its path.
func (c *Console) SignedIn(f *fiber.Ctx) (bool, error) {
	token := f.Cookies(c.cookie(sessionCookie))
	if token == "" {
		return false, nil
	}
	ctx, admin, err := c.visitor(f.UserContext(), token)
	if err != nil || admin.ID == "" || c.sessions.GetString(ctx, keyFactor) != factorNone {
		return admin.ID != "", err
	}
	must, err := c.opt.Access.AsksFactor(ctx, admin)
	return !must, err
}

// admin is the administrator, if they may use the console.
func (c *Console) admin(ctx context.Context, id string) (models.Account, error) {
	m, err := c.opt.Access.AccountByID(ctx, id)
	if err != nil {
		return models.Account{}, err
	}
	return m, c.opt.Access.MayEnter(ctx, m)
}

// enter makes the session the administrator's, under a new token, and notes with which second factor they came.
func (c *Console) enter(f *fiber.Ctx, id, factor string) error {
	ctx := f.UserContext()
	admin, err := c.admin(ctx, id)
	if err != nil {
		return err
	}
	if err := c.sessions.RenewToken(ctx); err != nil {
		return err
	}
	for _, name := range []string{keyPending, keyPendingAt, keyPendingHash} {
		c.sessions.Remove(ctx, name)
	}
	c.sessions.Put(ctx, keyFactor, factor)
	visitOf(f).factor = factor
	c.sessions.Put(ctx, keyAdmin, admin.ID)
	c.sessions.Put(ctx, keyBegun, clock.Millis(c.opt.Clock))
	c.sessions.Put(ctx, keyPassword, fingerprint(admin))
	c.sessions.Put(ctx, keyAgent, f.Get(fiber.HeaderUserAgent))
	c.seen(ctx)
	return nil
}

// seen notes in a session when it was used last, and from where.
func (c *Console) seen(ctx context.Context) {
	c.sessions.Put(ctx, keySeen, clock.Millis(c.opt.Clock))
	c.sessions.Put(ctx, keyAddress, telemetry.RequestOf(ctx).Address)
}

func fingerprint(m models.Account) string {
	sum := sha256.Sum256(m.PasswordHash)
	return hex.EncodeToString(sum[:12])
}

// keep stores a changed session and tells the browser its token.
func (c *Console) keep(ctx context.Context, f *fiber.Ctx) error {
	switch c.sessions.Status(ctx) {
	case scs.Modified:
		token, expires, err := c.sessions.Commit(ctx)
		if err != nil {
			return err
		}
		c.setCookie(f, sessionCookie, token, expires)
	case scs.Destroyed:
		c.setCookie(f, sessionCookie, "", time.Unix(1, 0))
	case scs.Unmodified:
	}
	return nil
}

func (c *Console) setCookie(f *fiber.Ctx, name, value string, expires time.Time) {
	f.Cookie(&fiber.Cookie{
		Name: c.cookie(name), Value: value, Path: "/", Expires: expires,
		Secure: c.opt.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// signedIn lets who is signed in through and sends everybody else to sign in, and back afterwards.
func (c *Console) signedIn(f *fiber.Ctx) error {
	if !visitOf(f).signedIn() {
		return c.toLogin(f)
	}
	lacks, err := c.lacks(f)
	if err != nil || !lacks || settingUp(f.Path()) {
		if err != nil {
			return err
		}
		return f.Next()
	}
	return c.toEnrol(f)
}

// settingUp says whether a page is one of those by which a second factor is set up, or the way out.
func settingUp(path string) bool {
	return path == factorPath || strings.HasPrefix(path, factorPath+"/") || path == passkeysPath || path == passkeysPath+"/begin" || path == logoutPath
}

// toEnrol sends who must have a second factor, and has none, to set it up. Who has a passkey is to sign in with it.
func (c *Console) toEnrol(f *fiber.Ctx) error {
	keys, err := c.opt.Store.Passkeys(f.UserContext(), visitOf(f).account.ID)
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		if err := c.sessions.Destroy(f.UserContext()); err != nil {
			return err
		}
		return c.toLogin(f)
	}
	switch {
	case f.Get(fiber.HeaderAccept) == eventStream:
		return f.SendStatus(http.StatusForbidden)
	case partial(f):
		f.Set("HX-Redirect", factorPath)
		return f.SendStatus(http.StatusForbidden)
	}
	return f.Redirect(factorPath, http.StatusSeeOther)
}

func (c *Console) toLogin(f *fiber.Ctx) error {
	if f.Get(fiber.HeaderAccept) == eventStream {
		return f.SendStatus(http.StatusUnauthorized)
	}
	scripted := f.Get("HX-Request") != "" && f.Get("HX-History-Restore-Request") == ""
	if f.Method() != fiber.MethodGet && !partial(f) && ours(f) && f.Path() != logoutPath {
		return c.hold(f)
	}
	next := f.OriginalURL()
	if partial(f) || f.Method() != fiber.MethodGet {
		next = stood(f)
	}
	to := "/console/login"
	if local(next) && next != "/console" {
		to += "?next=" + url.QueryEscape(next)
	}
	if scripted {
		f.Set("HX-Redirect", to)
		return f.SendStatus(http.StatusUnauthorized)
	}
	return f.Redirect(to, http.StatusSeeOther)
}

// pathOf is a URL without its scheme and host.
func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

// local says whether an address from outside is one of the console's own.
func local(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Host == "" && u.Scheme == "" && len(to) <= 2048 && !strings.ContainsAny(to, "\\\r\n\t") &&
		(u.Path == "/console" || strings.HasPrefix(u.Path, "/console/")) && !strings.Contains(u.Path, "//")
}
