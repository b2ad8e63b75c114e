package main

import (
	"context"

	"tidemark/access"
	"tidemark/internal/telemetry"
	"tidemark/store"
)

// accessTo makes the room of rights for a command that ends soon: it decides
// nothing about tokens and logs nothing.
func (m *Main) accessTo(s *store.Store) *access.Access {
	a := access.New(m.accessOptions(s))
	m.onClose(func() error { a.Close(); return nil })
	return a
}

func (m *Main) accessOptions(s *store.Store) access.Options {
	c := m.Config
	return access.Options{
		Store: s, Clock: m.Clock, Log: telemetry.Discard(),
		APIKeysEnabled: c.APIKeys, KeyPrefix: c.KeyPrefix, KeyScopes: c.KeyScopes, KeyDays: c.KeyDays, KeyMaxAge: c.KeyMaxAge, BcryptCost: c.BcryptCost,
	}
}

// migratedAccess is accessTo over a database brought up to date.
func (m *Main) migratedAccess(ctx context.Context) (*access.Access, error) {
	s, err := m.migrated(ctx)
	if err != nil {
		return nil, err
	}
	return m.accessTo(s), nil
}
