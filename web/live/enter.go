package live

import (
	"context"

	"tidemark/engine"
)

// enter makes the connection known and hands it to the engine. A client that has
// left meanwhile gets what it had asked for served without a session.
func (c *conn) enter() {
	if c.admit != nil && !c.admit() {
		c.inbox.drop()
		return
	}
	if err := c.join(); err != nil {
		c.inbox.drop()
		c.refuse(err)
	}
	c.forgetIfGone()
}

func (c *conn) join() error {
	if err := c.live.conns.add(c); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := c.live.opt.Access.Recheck(ctx, c.caller); err != nil { // it may have ended before the registry knew the connection
		return err
	}
	defer context.AfterFunc(c.ctx, cancel)()
	if err := c.connect(ctx); err != nil && c.ctx.Err() == nil {
		return err
	}
	return nil
}

// connect gives the connection its session and waits for its first word, so that
// no answer comes before it.
func (c *conn) connect(ctx context.Context) error {
	greeted := make(chan struct{})
	c.greeting.Store(&greeted)
	defer c.greet()
	s, err := c.live.opt.Engine.Connect(ctx, c.caller, c)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.session = s
	gone := c.gone
	c.mu.Unlock()
	if gone {
		s.Close()
		return nil
	}
	if err := c.live.renew(ctx, c); err != nil { // its rights may have changed while there was no session to tell
		return err
	}
	if c.over.Load() {
		return nil // hung up before there was a greeting to wait for
	}
	if c.greeting.Load() != nil {
		s.Writable() // the transport may have drained before it could say so
	}
	select {
	case <-greeted:
	case <-c.ctx.Done():
	}
	c.expects(c.caller)
	return nil
}

// greet lets the answers go: the first pending-updates is queued, or will never be.
func (c *conn) greet() {
	if greeted := c.greeting.Swap(nil); greeted != nil {
		close(*greeted)
	}
}

// forgetIfGone undoes an entry into the registry that came after the end.
func (c *conn) forgetIfGone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		c.live.conns.remove(c)
	}
}

// engine is the connection's session, nil until there is one.
func (c *conn) engine() *engine.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// attached is the session of a connection that has entered; an error when the client left before there was one.
func (c *conn) attached() (*engine.Session, error) {
	if s := c.engine(); s != nil {
		return s, nil
	}
	return nil, context.Canceled
}
