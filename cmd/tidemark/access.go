package main

import (
	"context"
	"log/slog"

	"tidemark/access"
	"tidemark/internal/geo"
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
	return access.Options{
		Store: s, Clock: m.Clock, Log: log, Countries: m.countries(log),
		APIKeysEnabled: c.APIKeys, KeyPrefix: c.KeyPrefix, KeyScopes: c.KeyScopes, KeyDays: c.KeyDays, KeyMaxAge: c.KeyMaxAge, BcryptCost: c.BcryptCost, AdminMFA: c.AdminMFA,
	}
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
