package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Zstd is the compression type of values stored compressed.
const Zstd = "zstd"

var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2))
		if err != nil {
			panic(err) // fixed options: cannot fail
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxValueBytes))
		if err != nil {
			panic(err) // fixed options: cannot fail
		}
		return d
	})
)

const maxValueBytes = 64 << 20

// Pack compresses a value for storing when that makes it smaller; compression is
// empty, and stored nil, when it does not.
func Pack(value []byte) (stored []byte, compression string) {
	out := encoder().EncodeAll(value, make([]byte, 0, len(value)/2))
	if len(out) >= len(value) {
		return nil, ""
	}
	return out, Zstd
}

func unpack(stored []byte, compression string) ([]byte, error) {
	switch compression {
	case "":
		return stored, nil
	case Zstd:
		return decoder().DecodeAll(stored, nil)
	}
	return nil, fmt.Errorf("a value is stored as %q, which this program does not know", compression)
}

func encodeTags(tags []string) []byte {
	if len(tags) == 0 {
		return nil
	}
	b, err := json.Marshal(tags)
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

func decodeTags(b []byte) ([]string, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var tags []string
	err := json.Unmarshal(b, &tags)
	return tags, err
}

// orNil keeps an absent value NULL, which a nil slice in an interface would not be.
func orNil(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func storedForm(value, stored []byte) []byte {
	if stored != nil {
		return stored
	}
	return value
}

// opaque follows the compression of a value that its client encrypted.
const opaque = "client"

// form is how a value is kept.
type form struct {
	compression string
	opaque      bool
	schema      int64 // the version of the tenant's schema that the value fits; 0: none, it is of no table
}

// formOf is how the form of a value is written down.
func formOf(f form) string {
	out := f.compression
	if f.opaque {
		out = strings.TrimPrefix(out+"+"+opaque, "+")
	}
	if f.schema != 0 {
		out += "@" + strconv.FormatInt(f.schema, 10)
	}
	return out
}

// ofForm reads what formOf wrote.
func ofForm(kept string) (f form) {
	kept, schema, has := strings.Cut(kept, "@")
	if has {
		f.schema, _ = strconv.ParseInt(schema, 10, 64) // it was written by formOf
	}
	f.compression, f.opaque = strings.CutSuffix(kept, opaque)
	f.compression = strings.TrimSuffix(f.compression, "+")
	return f
}
