package store

import (
	"context"

	"tidemark/internal/fault"
)

// MetaOnce reads a value of the installation, drawing it with the first call of any process.
func (s *Store) MetaOnce(ctx context.Context, name string, draw func() []byte) ([]byte, error) {
	value, err := s.Meta(ctx, name)
	if !fault.Is(err, fault.NotFound) {
		return value, err
	}
	if err := s.writes.WithContext(ctx).Exec(s.dialect.insertIgnore+" INTO meta (name, value) VALUES (?,?)", name, draw()).Error; err != nil {
		return nil, s.fault(err)
	}
	return s.Meta(ctx, name)
}

// Meta reads a value of the installation; one that was never drawn is `not_found`.
func (s *Store) Meta(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := s.read(ctx).Raw("SELECT value FROM meta WHERE name = ?", name).Row().Scan(&value)
	return value, s.fault(err)
}
