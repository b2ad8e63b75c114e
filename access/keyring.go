package access

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/golang-jwt/jwt/v5"
)

// keyring signs tokens with its first secret and verifies by all of them, so that a new
// secret can take over while tokens of the former one live on. Each secret has an id,
// which Tidemark's own tokens carry as `kid`; it tells nothing of the secret.
type keyring struct {
	ids  []string
	keys []jwt.VerificationKey
}

func newKeyring(secrets ...[]byte) keyring {
	var k keyring
	for _, s := range secrets {
		if len(s) == 0 {
			continue
		}
		sum := sha256.Sum256(append([]byte("tidemark kid "), s...))
		k.ids = append(k.ids, hex.EncodeToString(sum[:8]))
		k.keys = append(k.keys, s)
	}
	return k
}

func (k keyring) empty() bool { return len(k.keys) == 0 }

// sign makes a token of claims.
func (k keyring) sign(c jwt.Claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	t.Header["kid"] = k.ids[0]
	return t.SignedString(k.keys[0])
}

// find gives what a token is verified by: the secret it names, or all of them when it names none, as those of other issuers do.
func (k keyring) find(t *jwt.Token) (any, error) {
	named, there := t.Header["kid"]
	if !there {
		return jwt.VerificationKeySet{Keys: k.keys}, nil
	}
	for i, id := range k.ids {
		if named == id {
			return k.keys[i], nil
		}
	}
	return nil, jwt.ErrTokenUnverifiable
}
