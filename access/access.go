// Package access answers one question for every door: may this caller do this, now?
//
// Authenticate (authenticate.go) turns a credential into a models.Caller, Allow
// (scopes.go) asks what that caller may do, and permissions.go is the one table of
// routes and events. Verified keys and tenants are kept in memory (cache.go) as
// long as the database's revision stands still; a watcher (watch.go) looks a few
// times a second and tells the doors when it moved. Administrators sign in with
// admin.go and are held to the casbin policy of roles.go.
package access

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/access/firebase"
	"tidemark/access/oidc"
	"tidemark/internal/clock"
	"tidemark/internal/geo"
	"tidemark/internal/mail"
	"tidemark/internal/seal"
	"tidemark/store"
)

// Options say what access decides with.
type Options struct {
	Store          *store.Store
	Clock          clock.Clock
	JWTSecret      []byte        // signs access tokens; empty: tokens are refused
	JWTFormer      []byte        // what that was before: its tokens are still good
	JWTLife        time.Duration // of an access token; 0: an hour
	RefreshSecret  []byte        // signs refresh tokens; empty: nobody signs in by the API
	RefreshFormer  []byte
	RefreshLife    time.Duration      // of a refresh token; 0: 30 days
	Mail           mail.Sender        // nil: no mail is sent, so nobody registers, is invited, resets a password or is told of keys that expire
	PublicURL      string             // what links in mails begin with
	Seal           *seal.Box          // keeps second factors; nil: nobody can have one
	Firebase       *firebase.Verifier // nil: nobody signs in by Firebase
	Providers      []*oidc.Provider   // that people sign in by, beside their passwords
	RedirectURIs   []string           // of the apps that send people to the providers themselves
	Origin         string             // of the pages on which passkeys are used; empty: where they were asked for
	FixedOrigin    bool               // without Origin there are no passkeys, as in production
	AdminMFA       bool               // administrators of the installation must have a second factor
	APIKeysEnabled bool
	KeyPrefix      string         // of new keys, such as sk_live_
	KeyScopes      []string       // of new keys; nil: read and write
	KeyMaxAge      int            // days for which a key should have one secret; 0: as long as it likes
	KeyDays        int            // new keys expire after so many days; 0: never
	BcryptCost     int            // 10 to 16; 0: 12
	Countries      *geo.Countries // nil: keys of countries let nobody in, and no key can be restricted to some
	Policy         string         // casbin rules; empty: those shipped
	Log            *slog.Logger
	Poll           time.Duration // how often to look for changed keys and tenants; 0: 250 ms
}

// Access verifies credentials and rights. It is safe for concurrent use.
type Access struct {
	opt       Options
	parser    *jwt.Parser
	signing   keyring // of access tokens
	refresh   keyring
	passwords *passwords
	throttle  *throttle
	roles     *roles
	cache     atomic.Pointer[cache]
	usage     usage
	quotas    quotas
	views     views
	limiter   atomic.Pointer[Limiter] // of the doors; nil: they have none
	drawing   sync.Mutex              // held while a picture is made small
	warned    string                  // the day of the last look for keys that expire; the upkeep's alone

	listeners struct {
		sync.Mutex
		calls []func()
	}
	poke chan struct{}
	stop chan struct{}
	work sync.WaitGroup
}

const defaultPoll = 250 * time.Millisecond

// New makes an Access and starts watching for changed keys and tenants; Close stops it.
func New(o Options) *Access {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	if o.JWTLife <= 0 {
		o.JWTLife = time.Hour
	}
	if o.RefreshLife <= 0 {
		o.RefreshLife = 30 * 24 * time.Hour
	}
	if o.KeyScopes == nil {
		o.KeyScopes = fullScopes
	}
	a := &Access{
		opt: o, passwords: newPasswords(o.BcryptCost), throttle: newThrottle(o.Clock), roles: newRoles(o.Policy),
		views: views{since: map[view]time.Time{}}, poke: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	a.signing, a.refresh = newKeyring(o.JWTSecret, o.JWTFormer), newKeyring(o.RefreshSecret, o.RefreshFormer)
	a.parser = newParser(a)
	a.cache.Store(newCache())
	a.work.Add(2)
	go a.watch()
	go a.upkeep()
	return a
}

// Close stops the workers and writes down when keys were last used and what is left of their quotas. It must be called once, before the store closes.
func (a *Access) Close() {
	close(a.stop)
	a.work.Wait()
}

// OnChange calls f, from one goroutine, after keys or tenants may have changed: at
// most a second later, whichever process changed them. f must not block for long.
func (a *Access) OnChange(f func()) {
	a.listeners.Lock()
	defer a.listeners.Unlock()
	a.listeners.calls = append(a.listeners.calls, f)
}

// Forget makes a change of keys or tenants that this process has made count here
// at once; others come to know it within a second by themselves.
func (a *Access) Forget() {
	a.drop()
	a.changed()
}
