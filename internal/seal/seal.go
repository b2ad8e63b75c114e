// Package seal keeps small secrets in a database that must not tell them.
//
// A Box seals with AES-256-GCM under a key derived from the installation's secret.
// What is sealed carries the id of its key, so that a new secret can take over
// while what the former one sealed still opens. The place a text is kept at is
// bound into it: it opens nowhere else.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"strings"
)

const (
	layout = 1 // the first byte of what is sealed
	idLen  = 8
	keyLen = 32
)

// ErrKey says that a text was sealed by a secret the box does not have, is of
// another place, or was changed.
var ErrKey = errors.New("sealed with another secret, for another place, or damaged")

// Box seals and opens. It is safe for concurrent use.
type Box struct{ keys []key }

type key struct {
	id   []byte
	aead cipher.AEAD
}

// New makes a box that seals by the first secret and opens what any of them
// sealed; empty ones are left out. Without a secret nothing can be sealed.
func New(secrets ...string) (*Box, error) {
	b := &Box{}
	for _, s := range secrets {
		if s == "" {
			continue
		}
		k, err := keyOf(s)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, k)
	}
	if len(b.keys) == 0 {
		return nil, errors.New("there is no secret to seal with")
	}
	return b, nil
}

func keyOf(secret string) (key, error) {
	derived, err := hkdf.Key(sha256.New, []byte(secret), nil, "tidemark seal", keyLen+idLen)
	if err != nil {
		return key{}, err
	}
	block, err := aes.NewCipher(derived[:keyLen])
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return key{id: derived[keyLen:], aead: aead}, err
}

// Key is a key of 32 bytes for one purpose, derived from a secret; empty for an empty one.
func Key(secret, purpose string) (string, error) {
	if secret == "" {
		return "", nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "tidemark "+purpose, keyLen)
	return string(key), err
}

// Place names where a text is kept, such as a tenant, a table, a row and a column.
func Place(names ...string) []byte { return []byte(strings.Join(names, "|")) }

// Seal hides a text that is kept at a place.
func (b *Box) Seal(text, place []byte) []byte {
	k := b.keys[0]
	head := append([]byte{layout}, k.id...)
	return k.aead.Seal(head, nil, text, bound(head, place)) //nolint:gosec // the box draws a nonce of its own
}

// Open gives a text that was sealed for a place, or ErrKey.
func (b *Box) Open(sealed, place []byte) ([]byte, error) {
	if len(sealed) < 1+idLen || sealed[0] != layout {
		return nil, ErrKey
	}
	head, rest := sealed[:1+idLen], sealed[1+idLen:]
	for _, k := range b.keys {
		if !bytes.Equal(k.id, head[1:]) {
			continue
		}
		text, err := k.aead.Open(nil, nil, rest, bound(head, place))
		if err != nil {
			return nil, ErrKey
		}
		return text, nil
	}
	return nil, ErrKey
}

func bound(head, place []byte) []byte { return append(append([]byte{}, head...), place...) }
