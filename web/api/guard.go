package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
)

// Guard lets a request through to h if its credential is good, within its rate,
// and holds the permission for anything at all. What it may do with which key
// is asked again where the key is known.
func (a *API) Guard(p access.Permission, h Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		req := telemetry.RequestOf(c.UserContext())
		who, err := a.authenticate(c, req, p)
		if err != nil {
			rate, err := a.opt.Limit.Refused(req.Address, err)
			rate.Tell(c.Set)
			return err
		}
		req.TenantID, req.Actor = who.TenantID, who.Actor
		err = a.serve(c, who, p, h)
		a.opt.Access.Served(who, p, err)
		return err
	}
}

func (a *API) serve(c *fiber.Ctx, who models.Caller, p access.Permission, h Handler) error {
	rate, err := a.opt.Limit.Take(c.UserContext(), who)
	rate.Tell(c.Set)
	if err != nil {
		return err
	}
	if err := a.opt.Access.Holds(who, p); err != nil {
		return err
	}
	c.Response().Header.SetCanonical(headerCacheControl, privateNoStore)
	c.Response().Header.AddBytesKV(headerVary, varyOnCredential)
	return h(c, who)
}

var (
	headerCacheControl = []byte("Cache-Control")
	headerVary         = []byte("Vary")
	privateNoStore     = []byte("private, no-store")
	privateNoCache     = []byte("private, no-cache")
	varyOnCredential   = []byte("Authorization, X-API-Key, X-User-Id, X-Schema-Version")
)

func (a *API) authenticate(c *fiber.Ctx, req *telemetry.Request, p access.Permission) (models.Caller, error) {
	if err := refuseSecretInURL(c); err != nil {
		return models.Caller{}, err
	}
	h := &c.Request().Header
	schema, err := protocol.DecodeSchema(string(h.Peek("X-Schema-Version")))
	if err != nil {
		return models.Caller{}, err
	}
	bearer, err := bearerOf(string(h.Peek(fiber.HeaderAuthorization)))
	if err != nil {
		return models.Caller{}, err
	}
	cred := access.Credential{
		APIKey:     string(h.Peek("X-API-Key")),
		Bearer:     bearer,
		UserID:     string(h.Peek("X-User-Id")),
		InstanceID: string(h.Peek("X-Instance-Id")),
		Schema:     schema,
		Door:       models.DoorREST,
		Address:    req.Address,
		Origin:     string(h.Peek(fiber.HeaderOrigin)),
		UserAgent:  telemetry.Agent(h.UserAgent()),
		RequestID:  req.ID,

		Installation: access.OpenToInstallation(p),
	}
	return a.opt.Access.Authenticate(c.UserContext(), cred)
}

func bearerOf(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	scheme, token, ok := strings.Cut(header, " ")
	if token = strings.TrimSpace(token); !ok || token == "" || !strings.EqualFold(scheme, "Bearer") {
		return "", fault.New(fault.TokenInvalid, "Authorization takes the form: Bearer, a space, the token.")
	}
	return token, nil
}

var secretNames = map[string]bool{
	"apikey": true, "xapikey": true, "token": true, "accesstoken": true, "jwt": true,
	"authorization": true, "bearer": true, "secret": true, "password": true,
}

// refuseSecretInURL refuses credentials where logs, histories and proxies would keep them.
func refuseSecretInURL(c *fiber.Ctx) error {
	if len(c.Request().URI().QueryString()) == 0 {
		return nil
	}
	for name := range c.Context().QueryArgs().All() {
		if SecretName(string(name)) {
			return fault.New(fault.Malformed, "A credential in the URL is refused, since URLs are logged. Send it as a header.")
		}
	}
	return nil
}

// SecretName says whether a parameter of a URL is named like a credential, for which the request is refused.
func SecretName(name string) bool { return secretNames[plainName([]byte(name))] }

// plainName is a parameter's name without case and separators.
func plainName(name []byte) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(string(name)))
}
