package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"golang.org/x/crypto/bcrypt"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const (
	minPassword    = 8
	maxPassword    = 1024 // bytes
	minCost        = 10
	defaultCost    = 12
	maxCost        = 16
	passwordDomain = "tidemark.password.v1"
	hashWithin     = 15 * time.Second // one hash, and the wait for those before it
)

// passwords hashes and compares passwords, a bounded number at a time: each costs a quarter of a second of processor,
// which the patience of who asks does not count.
type passwords struct {
	cost int
	busy chan struct{}
}

func newPasswords(cost int) *passwords {
	if cost == 0 {
		cost = defaultCost
	}
	return &passwords{cost: min(max(cost, minCost), maxCost), busy: make(chan struct{}, 2)}
}

// digest makes a password of any length fit bcrypt's 72 bytes. The domain keeps
// a plain SHA-256 leaked elsewhere from being tried against it.
func digest(password string) []byte {
	mac := hmac.New(sha256.New, []byte(passwordDomain))
	mac.Write([]byte(password))
	return base64.RawStdEncoding.AppendEncode(nil, mac.Sum(nil))
}

func (p *passwords) hash(ctx context.Context, password string) ([]byte, error) {
	defer clock.Aside(ctx, hashWithin)()
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	return bcrypt.GenerateFromPassword(digest(password), p.cost)
}

// matches compares in the time of one hash, also when there is no hash to compare with.
func (p *passwords) matches(ctx context.Context, hash []byte, password string) (bool, error) {
	if len(hash) == 0 {
		_, err := p.hash(ctx, password)
		return false, err
	}
	defer clock.Aside(ctx, hashWithin)()
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	return bcrypt.CompareHashAndPassword(hash, digest(password)) == nil, nil
}

// weak says whether a hash was made at a lower cost than today's.
func (p *passwords) weak(hash []byte) bool {
	cost, err := bcrypt.Cost(hash)
	return err != nil || cost < p.cost
}

func (p *passwords) enter(ctx context.Context) error {
	select {
	case p.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Timeout, ctx.Err(), "Too many sign-ins at once. Try again.")
	}
}

func (p *passwords) leave() { <-p.busy }

func checkPassword(password string) error {
	if len([]rune(password)) < minPassword {
		return fault.OfField("password", "min", "must have at least %d characters", minPassword)
	}
	if len(password) > maxPassword {
		return fault.OfField("password", "max", "may have at most %d bytes", maxPassword)
	}
	return nil
}
