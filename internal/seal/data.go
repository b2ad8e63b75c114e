package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
)

// mark begins what a data key has sealed. No JSON text and no compressed one begins so.
const mark = "\x00tm\x01"

const (
	dataHead = len(mark) + 4
	dataMore = dataHead + 12 + 16 // bytes that sealing adds
)

// DataKey seals what lies in bulk, by AES-256-GCM with a random nonce. Each name, such as
// a tenant's, has a key of its own derived, so that no two share what one key may seal
// (2^32 times). It is safe for concurrent use.
type DataKey struct {
	ID     uint32
	secret []byte
	named  sync.Map // name to cipher.AEAD
}

// NewDataKey draws the bytes of a data key.
func NewDataKey() []byte {
	b := make([]byte, keyLen)
	_, _ = rand.Read(b) // never fails
	return b
}

// DataKeyOf is the data key of an id and its bytes.
func DataKeyOf(id uint32, secret []byte) (*DataKey, error) {
	if len(secret) != keyLen {
		return nil, errors.New("a data key has 32 bytes")
	}
	return &DataKey{ID: id, secret: secret}, nil
}

func (k *DataKey) of(name string) (cipher.AEAD, error) {
	if a, ok := k.named.Load(name); ok {
		return a.(cipher.AEAD), nil //nolint:forcetypeassert // nothing else is stored
	}
	derived, err := hkdf.Key(sha256.New, k.secret, nil, "tidemark data "+name, keyLen)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err == nil {
		k.named.Store(name, a)
	}
	return a, err
}

// Seal hides a text of a name that is kept at a place.
func (k *DataKey) Seal(text []byte, name string, place []byte) ([]byte, error) {
	a, err := k.of(name)
	if err != nil {
		return nil, err
	}
	head := binary.BigEndian.AppendUint32(append(make([]byte, 0, dataMore+len(text)), mark...), k.ID)
	return a.Seal(head, nil, text, bound(head, place)), nil //nolint:gosec // it draws a nonce of its own
}

// Open gives a text that was sealed for a name and a place, or ErrKey.
func (k *DataKey) Open(sealed []byte, name string, place []byte) ([]byte, error) {
	if id, ok := SealedBy(sealed); !ok || id != k.ID {
		return nil, ErrKey
	}
	a, err := k.of(name)
	if err != nil {
		return nil, err
	}
	text, err := a.Open(nil, nil, sealed[dataHead:], bound(sealed[:dataHead], place))
	if err != nil {
		return nil, ErrKey
	}
	if text == nil {
		text = []byte{} // it was there, and empty
	}
	return text, nil
}

// SealedBy says whether a data key sealed a text, and which one.
func SealedBy(b []byte) (id uint32, ok bool) {
	if len(b) == 0 || b[0] != mark[0] || len(b) < dataMore || string(b[:len(mark)]) != mark {
		return 0, false
	}
	return binary.BigEndian.Uint32(b[len(mark):]), true
}

// Spot is a place whose names cannot be mistaken for those of another, whatever is in them.
func Spot(names ...string) []byte {
	var b []byte
	for _, n := range names {
		b = append(binary.AppendUvarint(b, uint64(len(n))), n...)
	}
	return b
}

// Current says whether the box seals by the key that sealed a text.
func (b *Box) Current(sealed []byte) bool {
	return len(sealed) > idLen && string(sealed[1:1+idLen]) == string(b.keys[0].id)
}
