package main

import (
	"context"
	"log/slog"

	"tidemark/access"
	"tidemark/access/firebase"
	"tidemark/internal/geo"
	"tidemark/internal/seal"
	"tidemark/internal/telemetry"
	"tidemark/store"
)

// accessTo makes the room of rights for a command that ends soon: it decides
// nothing about tokens and logs nothing.
func (m *Main) accessTo(s *store.Store) *access.Access {
	a := access.New(m.accessOptions(s, telemetry.Discard()))
	m.onClose(func() error { a.Close(); return nil })
	return a
}

func (m *Main) accessOptions(s *store.Store, log *slog.Logger) access.Options {
	c := m.Config
	o := access.Options{
		Store: s, Clock: m.Clock, Log: log, Countries: m.countries(log),
		APIKeysEnabled: c.APIKeys, KeyPrefix: c.KeyPrefix, KeyScopes: c.KeyScopes, KeyDays: c.KeyDays, KeyMaxAge: c.KeyMaxAge, BcryptCost: c.BcryptCost, AdminMFA: c.AdminMFA,
	}
	if c.Production { // where the address that a page was asked at proves nothing
		o.FixedOrigin, o.Origin = true, c.PublicURL
	}
	return o
}

// signingOptions are accessOptions of a server: people sign in to it, and it writes to them.
func (m *Main) signingOptions(s *store.Store, log *slog.Logger) (access.Options, error) {
	c, o := m.Config, m.accessOptions(s, log)
	o.JWTSecret, o.JWTFormer, o.JWTLife = []byte(c.JWTSecret.Reveal()), []byte(c.JWTFormer.Reveal()), c.JWTExpiry
	o.RefreshSecret, o.RefreshFormer, o.RefreshLife = []byte(c.JWTRefreshSecret.Reveal()), []byte(c.JWTRefreshFormer.Reveal()), c.JWTRefreshExpiry
	o.Mail, o.PublicURL = m.mailQueue(log), m.publicURL()
	if c.FirebaseProject != "" {
		o.Firebase = firebase.New(firebase.Options{Project: c.FirebaseProject, Emulator: c.FirebaseEmulator != "", Clock: m.Clock})
	}
	for _, p := range c.OAuth {
		asked, err := p.provider(m.Clock)
		if err != nil {
			return o, err
		}
		o.Providers = append(o.Providers, asked)
	}
	o.RedirectURIs = c.OAuthRedirects
	box, err := seal.New(c.SealSecret.Reveal(), c.SealFormer.Reveal())
	o.Seal = box
	return o, err
}

// countries tells in which country an address is; nil when GEOIP_DB_PATH names no database.
func (m *Main) countries(log *slog.Logger) *geo.Countries {
	if m.Config.GeoIP == "" {
		return nil
	}
	return geo.Open(m.Config.GeoIP, m.Clock, log)
}

// migratedAccess is accessTo over a database brought up to date.
func (m *Main) migratedAccess(ctx context.Context) (*access.Access, error) {
	s, err := m.migrated(ctx)
	if err != nil {
		return nil, err
	}
	return m.accessTo(s), nil
}
