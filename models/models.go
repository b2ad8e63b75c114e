// Package models holds the nouns of Tidemark as plain structs: no behaviour
// beyond what a value says of itself, no database, no HTTP.
//
// Times are UTC milliseconds since the epoch (suffix At, type int64; 0 means
// never) where they travel through the engine, time.Time where people see them.
package models
