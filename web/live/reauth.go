package live

import (
	"context"
	"sync/atomic"
	"time"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const remindBefore = time.Minute // a token's end; of a short one, when half of what was left of it is over

// standing is the caller that a connection has now, and when it must say that its token ends.
type standing struct {
	caller   atomic.Pointer[models.Caller] // nil: the one it was opened by
	remindAt atomic.Int64                  // ms; 0: nothing to say, or it was said
}

// who is the caller by the credential that was shown last.
func (c *conn) who() models.Caller {
	if now := c.standing.caller.Load(); now != nil {
		return *now
	}
	return c.caller
}

// expects notes when the client is to be told that its token ends. A key's end cannot be put off from here.
func (c *conn) expects(who models.Caller) {
	if who.KeyID != "" || who.ExpiresAt == 0 {
		return
	}
	left := who.ExpiresAt - clock.Millis(c.live.opt.Clock)
	c.standing.remindAt.Store(who.ExpiresAt - min(remindBefore.Milliseconds(), max(left/2, 0)))
}

// remind tells the client once that its token ends, when it is time.
func (c *conn) remind(now int64) {
	at := c.standing.remindAt.Load()
	if at == 0 || at > now || c.expired(now) || c.over.Load() || !c.standing.remindAt.CompareAndSwap(at, 0) {
		return
	}
	c.link.Push(protocol.NewFrame(protocol.EventAuthRequired, protocol.AppendExpiry(nil, c.who().ExpiresAt)).Bytes(c.format))
}

// reauth takes another token of the same user in the place of the one the connection has.
// One that will not do is refused, and the connection goes on by the one it has.
func reauth(ctx context.Context, c *conn, r request, _ models.Caller) ([]byte, error) {
	token, err := protocol.DecodeReauth(r.data)
	if err != nil {
		return nil, err
	}
	was := c.who()
	if was.KeyID != "" {
		return nil, fault.New(fault.IdentityMismatch, "This connection was opened with an API key, and a token does not take its place.")
	}
	cr := access.Credential{
		Bearer: token, InstanceID: was.InstanceID, Schema: was.Schema, Door: was.Door, Address: was.Address, Origin: was.Origin, UserAgent: was.UserAgent, RequestID: was.RequestID,
	}
	if was.AllUsers {
		cr.UserID = "*"
	}
	now, err := c.live.opt.Access.Authenticate(ctx, cr)
	if err != nil {
		_, err = c.live.opt.Limit.Refused(was.Address, err)
		return nil, err
	}
	if now.TenantID != was.TenantID || now.UserID != was.UserID || now.AccountID != was.AccountID || now.AllUsers != was.AllUsers {
		return nil, fault.New(fault.IdentityMismatch, "This token is another user's than the connection's.")
	}
	if err := c.live.opt.Access.Holds(now, access.Events[eventConnect]); err != nil {
		return nil, err
	}
	c.replace(now)
	return protocol.AppendExpiry(nil, now.ExpiresAt), nil
}

// replace puts a caller, who is the same user, in force.
func (c *conn) replace(now models.Caller) {
	c.renewal.Lock()
	defer c.renewal.Unlock()
	c.standing.caller.Store(&now)
	c.expects(now)
	if s := c.engine(); s != nil {
		s.Rescope(now)
	}
}
