package live

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
)

// credential is what a handshake brings along, unverified. Its strings outlive the request.
func (l *Live) credential(c *fiber.Ctx, door models.Door) (access.Credential, error) {
	req := telemetry.RequestOf(c.UserContext())
	schema, err := protocol.DecodeSchema(either(header(c, "X-Schema-Version"), query(c, "schema")))
	cr := access.Credential{
		APIKey:     header(c, "X-API-Key"),
		UserID:     either(header(c, "X-User-Id"), query(c, "userId")),
		InstanceID: either(header(c, "X-Instance-Id"), query(c, "instanceId")),
		Schema:     schema,
		Door:       door,
		Address:    either(req.Address, strings.Clone(c.IP())),
		Origin:     header(c, fiber.HeaderOrigin),
		UserAgent:  telemetry.Agent(c.Request().Header.UserAgent()),
		RequestID:  either(req.ID, clock.NewID(l.opt.Clock)),
	}
	if err != nil {
		return cr, err
	}
	if secretInURL(c) {
		return cr, fault.New(fault.Malformed, "A credential in the URL is refused, since URLs are logged. Send it in auth, as a header, or as a ticket.")
	}
	if auth := header(c, fiber.HeaderAuthorization); auth != "" {
		scheme, token, _ := strings.Cut(auth, " ")
		if cr.Bearer = strings.TrimSpace(token); cr.Bearer == "" || !strings.EqualFold(scheme, "Bearer") {
			return cr, fault.New(fault.TokenInvalid, "Authorization takes the form: Bearer, a space, the token.")
		}
	}
	return cr, nil
}

// plainCaller authenticates a plain websocket, whose browsers bring a ticket.
func (l *Live) plainCaller(c *fiber.Ctx) (models.Caller, error) {
	cr, err := l.credential(c, models.DoorWebSocket)
	cr.Ticket = query(c, "ticket")
	who, rate, err := l.admit(c.UserContext(), cr, err)
	rate.Tell(c.Set)
	return who, err
}

// withAuth adds what a Socket.IO client sent with its connect packet.
func withAuth(cr access.Credential, data []byte) (access.Credential, error) {
	a, err := protocol.DecodeAuth(data)
	if err != nil {
		return cr, err
	}
	if a.APIKey != "" {
		cr.APIKey = a.APIKey
	}
	if a.Token != "" {
		cr.Bearer = a.Token
	}
	return cr, nil
}

// header and query copy: fasthttp uses its memory again.
func header(c *fiber.Ctx, name string) string { return string(c.Request().Header.Peek(name)) }
func query(c *fiber.Ctx, name string) string  { return string(c.Context().QueryArgs().Peek(name)) }

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// secretNames are parameters that would carry a long-lived secret, without case and separators.
var secretNames = map[string]bool{
	"apikey": true, "xapikey": true, "key": true, "token": true, "accesstoken": true, "jwt": true,
	"authorization": true, "bearer": true, "secret": true, "password": true,
}

func secretInURL(c *fiber.Ctx) bool {
	for name := range c.Context().QueryArgs().All() {
		if secretNames[strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(string(name)))] {
			return true
		}
	}
	return false
}
