package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	"tidemark/internal/fault"
	"tidemark/store"
)

// A place in a table may hold what is hidden, so pages know it sealed, for the one order it is a place of.
func placeOf(q store.TableQuery) []byte {
	down := map[bool]string{true: "down"}[q.Down]
	return []byte("place|" + q.Table + "|" + q.Sort + "|" + down)
}

func (c *Console) sealPlace(q store.TableQuery, place []byte) string {
	box, err := c.placeBox()
	if err != nil {
		return ""
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return tokenText.EncodeToString(box.Seal(nonce, nonce, place, placeOf(q)))
}

func (c *Console) openPlace(q store.TableQuery, sealed string, into *[]byte) error {
	bad := fault.OfField("page", "format", "is not a page of this table in this order. Begin at the first")
	b, err := tokenText.DecodeString(sealed)
	box, berr := c.placeBox()
	if err != nil || berr != nil || len(b) < box.NonceSize() {
		return bad
	}
	if *into, err = box.Open(nil, b[:box.NonceSize()], b[box.NonceSize():], placeOf(q)); err != nil {
		return bad
	}
	return nil
}

func (c *Console) placeBox() (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, c.opt.Secret)
	mac.Write([]byte("tidemark.console.place.v1"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
