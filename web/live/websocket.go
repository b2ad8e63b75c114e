package live

import (
	"context"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/live/plain"
)

// eventAcked is a plain client's word that it has taken a frame that asked for an ack.
const eventAcked = "ack"

// socket is a connection over a plain websocket.
type socket struct{ *conn }

// openPlain makes the connection of an authenticated plain websocket.
func (l *Live) openPlain(s *plain.Socket, who models.Caller) plain.Owner {
	c := l.newConn(s, protocol.PlainWS)
	c.caller = who
	return socket{c}
}

// Opened begins the connection.
func (s socket) Opened() { s.start() }

// Message takes one text frame. What is wrong with it is answered; the connection stays.
func (s socket) Message(b []byte) {
	e, err := protocol.DecodeEnvelope(b)
	if err == nil && e.Event == eventAcked {
		s.acked(e.ID)
		return
	}
	s.take(request{event: e.Event, id: e.ID, data: e.Data, err: err})
}

// admit lets in whom the credential and the permission to connect let in, within
// its rate and as long as there is room. An error says what was wrong with the credential as it came.
func (l *Live) admit(ctx context.Context, cr access.Credential, err error) (who models.Caller, rate access.Rate, _ error) {
	if err == nil {
		who, err = l.opt.Access.Authenticate(ctx, cr)
	}
	if err != nil {
		rate, err = l.opt.Limit.Refused(cr.Address, err)
		return who, rate, err
	}
	if rate, err = l.opt.Limit.Take(ctx, who); err == nil {
		err = l.opt.Access.Holds(who, access.Events[eventConnect])
	}
	if err == nil {
		err = l.conns.roomFor(who)
	}
	l.opt.Access.Served(who, access.Authenticated, err)
	return who, rate, err
}
