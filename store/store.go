// Package store is the database: the only room that knows GORM, SQL and drivers.
package store

// Store is an open, migrated database.
type Store struct{}
