// Package client is the Go SDK of Tidemark: a replica of a user's items on the
// device, an outbox of what was changed there, and what keeps both in step with a
// server. Everything works offline; a write that has returned survives a crash.
//
// Open makes or opens a replica; Set, Patch, Remove, Get and List work on it at
// once, on the built-in collection or on another (Collection). Sync pushes and
// pulls once, Run keeps in step until its context ends. What the server will not
// take waits in Refused, and stops nothing else, until Retry or Discard; what it
// settled otherwise than it was written is in Conflicts until Acknowledge.
//
// Inside, the table items is what the server is known to have, and ops what waits
// over it; what an app reads is both (view.go). An operation stays as it is from the
// moment a push has held it, and has an id, so that it may be sent again (push.go).
// The log is followed page by page, each committed with its cursor (pull.go); where
// a cursor is no longer good, a snapshot takes the items' place (snapshot.go).
package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"tidemark/client/internal/plant"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Error is what every refusal is: errors.As finds it. Its Code is part of the
// wire contract; `unavailable` means that the server could not be reached.
type Error = fault.Error

// Options say where the replica is, and whose.
type Options struct {
	Path string // of the replica's file, which is made when it is not there

	URL    string                                    // of the server, such as https://sync.example.com
	APIKey string                                    // one of the two
	Token  func(ctx context.Context) (string, error) // gives the bearer token of a request
	UserID string                                    // whom an unbound API key acts for; empty: the credential's own user

	// InstanceID names the device among those of the user. Empty: one is drawn when
	// the replica is made, and kept there. Two replicas never have the same one.
	InstanceID string

	// OnEvent is told what syncing brought, one event at a time, after it was
	// committed. It may use the client, but not Sync, Run and Close. It must not
	// block for long. nil: nobody is told.
	OnEvent func(Event)

	Transport http.RoundTripper // nil: http.DefaultTransport
	Clock     clock.Clock       // nil: the system's
}

// Client is an open replica, and as such its built-in collection. It is safe for
// concurrent use. One process has a replica open at a time.
type Client struct {
	Collection

	options  Options
	base     *url.URL
	http     *http.Client
	replica  *replica
	instance string
	plant    plant.Faults

	turn   chan struct{}   // held by who syncs
	bell   bell            // ends a wait for news
	ctx    context.Context //nolint:containedctx // ends what runs when the client is closed
	cancel context.CancelFunc
	once   sync.Once
	ended  error
}

// Open opens a replica, or makes it: `invalid` names the option that is wrong,
// `identity_mismatch` says that it is another user's or device's, `unavailable`
// that another process has it open. The context is for opening alone.
func Open(ctx context.Context, o Options) (*Client, error) {
	base, err := o.check()
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	r, err := openReplica(ctx, o.Path)
	if err != nil {
		return nil, err
	}
	c := &Client{options: o, base: base, replica: r, plant: plant.From(ctx), turn: make(chan struct{}, 1)}
	c.Collection = Collection{c, models.Storage}
	c.http = &http.Client{Transport: o.Transport, CheckRedirect: stay}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	err = r.write(ctx, func(t *tx) error {
		if _, err := t.bind(metaUser, userPrefix+o.UserID); err != nil {
			return err
		}
		c.instance, err = t.bind(metaInstance, o.InstanceID)
		if err == nil && c.instance == "" {
			c.instance, err = t.bind(metaInstance, clock.NewID(o.Clock))
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// stay follows no redirect: it would carry the credential elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (o *Options) check() (*url.URL, error) {
	if o.Path == "" {
		return nil, fault.OfField("Path", "required", "must name the replica's file")
	}
	o.Path = filepath.Clean(o.Path)
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fault.OfField("URL", "url", "must be that of a server, such as https://sync.example.com")
	}
	if (o.APIKey == "") == (o.Token == nil) {
		return nil, fault.OfField("APIKey", "one", "must be given, or else a Token")
	}
	if o.UserID != "" {
		if err := protocol.CheckOwner(o.UserID); err != nil {
			return nil, err
		}
	}
	if o.InstanceID != "" {
		return base, protocol.CheckInstance(o.InstanceID)
	}
	return base, nil
}

// InstanceID is the device's name.
func (c *Client) InstanceID() string { return c.instance }

// Close ends what runs and closes the file. It may be called twice.
func (c *Client) Close() error {
	c.once.Do(func() {
		c.cancel()
		c.turn <- struct{}{} // whoever had it has come to an end
		c.ended = c.replica.db.Close()
		<-c.turn
	})
	return c.ended
}

func (c *Client) now() int64 { return clock.Millis(c.options.Clock) }

func (c *Client) newID() string { return clock.NewID(c.options.Clock) }
