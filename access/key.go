package access

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"io"
	"math/big"
	"strings"
)

const (
	keyBits     = 160
	keyBody     = 27 // base62 digits that hold keyBits
	keyChecksum = 6  // base62 digits of a CRC-32 over prefix and body
	maxKey      = 128
	base62      = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" // as math/big has it
)

// newSecret draws a secret: the prefix, 160 random bits, and a checksum that
// tells a typo from an unknown secret without asking the database.
func newSecret(prefix string) (string, error) {
	raw := make([]byte, keyBits/8)
	if _, err := io.ReadFull(rand.Reader, raw); err != nil {
		return "", err
	}
	s := prefix + digits(new(big.Int).SetBytes(raw), keyBody)
	sum := checksum(s)
	return s + string(sum[:]), nil
}

// wellFormed says whether a secret carries the checksum it was made with, whatever its prefix.
func wellFormed(secret string) bool {
	n := len(secret) - keyChecksum
	if n < keyBody || len(secret) > maxKey {
		return false
	}
	sum := checksum(secret[:n])
	return string(sum[:]) == secret[n:]
}

// checksum is the CRC-32 of s in base62. It goes byte by byte, since the library's would copy s to the heap.
func checksum(s string) (out [keyChecksum]byte) {
	sum := ^uint32(0)
	for i := range len(s) {
		sum = crc32.IEEETable[byte(sum)^s[i]] ^ sum>>8
	}
	sum = ^sum
	for i := keyChecksum - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return out
}

func digits(n *big.Int, width int) string {
	s := n.Text(62) // digits 0-9a-zA-Z: any fixed alphabet of 62 does
	return strings.Repeat("0", width-len(s)) + s
}

// hashSecret is what the database knows of a secret.
func hashSecret(secret string) [sha256.Size]byte {
	var buf [maxKey]byte
	if len(secret) > len(buf) {
		return sha256.Sum256([]byte(secret))
	}
	n := copy(buf[:], secret)
	return sha256.Sum256(buf[:n])
}
