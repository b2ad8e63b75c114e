// Package access answers one question for every door: may this caller do this, now?
package access

import (
	"context"
	"errors"
	"time"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

var errStub = errors.New("not built")

// Options say what access decides with.
type Options struct {
	Store          *store.Store
	Clock          clock.Clock
	JWTSecret      []byte
	APIKeysEnabled bool
	KeyPrefix      string // of new keys, such as sk_live_
	KeyScopes      []string
	KeyDays        int // new keys expire after so many days; 0: never
	BcryptCost     int
}

// Access verifies credentials and rights. It is safe for concurrent use.
type Access struct{ opt Options }

// New makes an Access and starts watching for changed keys and tenants; Close stops it.
func New(o Options) *Access { return &Access{opt: o} }

// Close stops the watcher.
func (a *Access) Close() {}

// Credential is what a request brought along, unverified.
type Credential struct {
	APIKey     string
	Bearer     string
	Ticket     string
	UserID     string // the user named by header or query; "*" for all users
	InstanceID string
	Door       models.Door
	Address    string
	RequestID  string
}

// Authenticate turns a credential into a caller: 401 and 403 faults, or `malformed`/`invalid` for a bad name.
func (a *Access) Authenticate(ctx context.Context, cr Credential) (models.Caller, error) {
	return models.Caller{}, errStub
}

// Recheck says whether a caller authenticated earlier would still be let in, from the cache alone.
func (a *Access) Recheck(ctx context.Context, c models.Caller) error { return errStub }

// Permission names an entry of the permission table, such as "items:write".
type Permission string

// Allow says whether the caller holds the permission for a key; collection and key may be empty.
func (a *Access) Allow(c models.Caller, p Permission, collection, key string) error { return errStub }

// OnChange calls f, from one goroutine, after keys or tenants may have changed: at most a second later.
func (a *Access) OnChange(f func()) {}

// Ticket makes a one-time credential for a plain WebSocket, good for 60 seconds.
func (a *Access) Ticket(ctx context.Context, c models.Caller) (ticket string, expires time.Time, err error) {
	return "", time.Time{}, errStub
}
