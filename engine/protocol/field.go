package protocol

import "math/bits"

// field is one of the field names clients may send.
type field uint8

const (
	fKey field = iota
	fValue
	fVersion
	fTimestamp
	fMetadata
	fTags
	fTTL
	fPriority
	fOpID
	fCollection
	fOp
	fPatch
	fTx
	fPrefix
	fPage
	fLimit
	fKeys
	fCursor
	fSince
	fWait
	fCollections
	fInstanceID
	fSchema
	fEvents
	fEvent
	fID
	fData
	fAPIKey
	fToken
	fPath
	fStrategy
	fResolvedValue
	fRemove
	fEncryptionType
)

var fieldNames = [...]string{
	"key", "value", "version", "timestamp", "metadata", "tags", "ttl", "priority", "opId", "collection",
	"op", "patch", "tx", "prefix", "page", "limit", "keys", "cursor", "since", "wait", "collections",
	"instanceId", "schema", "events", "event", "id", "data", "apiKey", "token",
	"path", "strategy", "resolvedValue", "remove", "encryptionType",
}

// String is the field's name on the wire.
func (f field) String() string { return fieldNames[f] }

// fieldSet is a set of fields.
type fieldSet uint64

func fieldsOf(fields ...field) (s fieldSet) {
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

func (s fieldSet) has(f field) bool { return s&(1<<f) != 0 }

// find is the field of the set with that name.
func (s fieldSet) find(name []byte) (field, bool) {
	for ; s != 0; s &= s - 1 {
		if f := field(bits.TrailingZeros64(uint64(s))); fieldNames[f] == string(name) {
			return f, true
		}
	}
	return 0, false
}
