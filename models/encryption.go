package models

import (
	"slices"
	"strings"
)

// Encryption says which items of a tenant are encrypted where they are kept: all, or those
// of patterns. The zero value is none.
type Encryption struct {
	All      bool
	Patterns []string // collection/key, or collection/prefix* for all keys that begin so
}

const everything = "*"

// ParseEncryption reads what String wrote.
func ParseEncryption(text string) Encryption {
	switch text {
	case "":
		return Encryption{}
	case everything:
		return Encryption{All: true}
	}
	return Encryption{Patterns: strings.Split(text, "\n")}
}

// String is the setting as it is kept; empty: nothing is encrypted.
func (e Encryption) String() string {
	if e.All {
		return everything
	}
	return strings.Join(e.Patterns, "\n")
}

// On says whether anything is encrypted.
func (e Encryption) On() bool { return e.All || len(e.Patterns) > 0 }

// Covers says whether an item's value and metadata are encrypted.
func (e Encryption) Covers(collection, key string) bool {
	return e.All || slices.ContainsFunc(e.Patterns, func(p string) bool {
		of, pattern, _ := strings.Cut(p, "/")
		if of != collection {
			return false
		}
		prefix, open := strings.CutSuffix(pattern, everything)
		return key == pattern || open && strings.HasPrefix(key, prefix)
	})
}

// What is said of how a value is encrypted.
const (
	EncryptedByClient = "client"      // before it was sent: nobody here can read it
	EncryptedAtRest   = "aes-256-gcm" // where it is kept
)

// EncryptionType says how an item's value is encrypted; empty: not at all.
func (i *Item) EncryptionType() string {
	switch {
	case i.Opaque:
		return EncryptedByClient
	case i.Sealed:
		return EncryptedAtRest
	}
	return ""
}

// DataKey is a key that values are encrypted with; its bytes are not told.
type DataKey struct {
	ID        int64
	CreatedAt int64 // ms
	ActiveAt  int64 // ms; from then on it is written with, while it is the newest
	RetiredAt int64 // ms; nothing is written with it since; 0: it is not retired
}
