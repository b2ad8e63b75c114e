package protocol

import (
	"fmt"
	"math"
	"time"

	"tidemark/models"
)

// MaxTTL is the longest time to live in seconds: a hundred years.
const MaxTTL = 100 * 365 * 24 * 60 * 60

var (
	putFields    = fieldsOf(fValue, fMetadata, fVersion, fTimestamp, fTags, fTTL, fPriority, fEncryptionType)
	deleteFields = fieldsOf(fVersion, fTimestamp)
	setFields    = putFields | fieldsOf(fKey, fOpID, fCollection)
	removeFields = fieldsOf(fKey, fVersion, fTimestamp, fOpID, fCollection, fMetadata)
)

// DecodePut reads the body of a PUT for a key of the storage collection. The
// operation id is for the caller to fill in.
func DecodePut(body []byte, key string) (Op, error) {
	return decodeOp(body, Op{Kind: Set, Key: key}, putFields, fieldsOf(fValue))
}

// DecodeDelete reads the body of a DELETE, which may be empty.
func DecodeDelete(body []byte, key string) (Op, error) {
	if blank(body) {
		body = []byte("{}")
	}
	return decodeOp(body, Op{Kind: Remove, Key: key}, deleteFields, 0)
}

// DecodeSet reads the data of a sync:set.
func DecodeSet(data []byte) (Op, error) {
	return decodeOp(data, Op{Kind: Set}, setFields, fieldsOf(fKey, fValue))
}

// DecodeRemove reads the data of a sync:remove.
func DecodeRemove(data []byte) (Op, error) {
	return decodeOp(data, Op{Kind: Remove}, removeFields, fieldsOf(fKey))
}

// decodeOp reads one operation. A key given in op comes from elsewhere and is checked here.
func decodeOp(in []byte, op Op, allow, require fieldSet) (Op, error) {
	d := newDecoder(in)
	defer d.free()
	seen := d.op(&op, allow)
	if d.err == nil && !allow.has(fKey) {
		d.checked(fKey.String(), op.Key, MaxKey)
	}
	d.require(seen, require)
	if err := d.finish(); err != nil {
		return Op{}, err
	}
	return op, nil
}

// op reads the fields of an operation and says which were there.
func (d *decoder) op(op *Op, allow fieldSet) fieldSet {
	o := object{allow: allow}
	for d.next(&o) {
		switch o.field {
		case fKey:
			op.Key = d.named(fKey, MaxKey)
		case fValue, fPatch:
			op.Value = d.canonical()
		case fMetadata:
			op.Metadata = d.metadata()
		case fVersion:
			op.Base = d.natural(fVersion)
		case fTimestamp:
			op.Timestamp = d.natural(fTimestamp)
		case fTags:
			op.Tags = d.tags()
		case fTTL:
			op.TTL = d.ttl()
		case fPriority:
			op.Priority = d.priority()
		case fEncryptionType:
			op.Opaque = d.encryption()
		case fOpID:
			op.OpID = d.named(fOpID, MaxOpID)
		case fCollection:
			op.Collection = d.named(fCollection, MaxCollection)
		case fTx:
			op.Tx = d.named(fTx, MaxTx)
		case fPath:
			op.Path = d.path()
		case fOp:
			op.Kind = d.kind()
		}
	}
	if op.Collection == "" {
		op.Collection = storage
	}
	return o.seen
}

// require notes a problem for each field that should have been there.
func (d *decoder) require(seen, required fieldSet) {
	d.complain(required&^seen, "required", "is required")
}

func (d *decoder) complain(fields fieldSet, rule, message string) {
	for f := range fieldNames {
		if fields.has(field(f)) {
			d.problem(fieldNames[f], rule, message)
		}
	}
}

// checked is the name, or nothing and a problem when it breaks the rules.
func (d *decoder) checked(path, name string, most int) string {
	if rule, message := nameProblem(name, most); rule != "" {
		d.problem(path, rule, message)
		return ""
	}
	return name
}

func (d *decoder) named(f field, most int) string {
	b := d.string(f.String())
	if d.err != nil {
		return ""
	}
	if string(b) == storage { // the usual collection costs no allocation
		return storage
	}
	return d.checked(f.String(), string(b), most)
}

var kinds = [...]Kind{Set, Remove, Patch, Increment, AddToSet, RemoveFromSet, Insert, Move}

func (d *decoder) kind() Kind {
	b := d.string(fOp.String())
	for _, k := range kinds {
		if string(b) == string(k) {
			return k
		}
	}
	d.problem(fOp.String(), "one_of", "must be set, remove, patch, increment, addToSet, removeFromSet, insert or move")
	return ""
}

// metadata reads an object; null is none.
func (d *decoder) metadata() []byte {
	if d.null() {
		return nil
	}
	object := d.peek() == '{'
	b := d.canonical()
	if !object && d.err == nil {
		d.problem(fMetadata.String(), "object", "must be an object")
		return nil
	}
	return b
}

// natural reads an integer that is not negative.
func (d *decoder) natural(f field) *int64 {
	n, ok := d.integer(f.String())
	if !ok {
		return nil
	}
	if n < 0 {
		d.problem(f.String(), "min", "must not be negative")
		return nil
	}
	return &n
}

func (d *decoder) priority() int64 {
	n, ok := d.integer(fPriority.String())
	if ok && (n < math.MinInt32 || n > math.MaxInt32) {
		d.problem(fPriority.String(), "range", "must fit in 32 bits")
		return 0
	}
	return n
}

// encryption reads how the value is encrypted; null is not at all.
func (d *decoder) encryption() bool {
	if d.null() {
		return false
	}
	if b := d.string(fEncryptionType.String()); d.err == nil && string(b) != models.EncryptedByClient {
		d.problem(fEncryptionType.String(), "one_of", "must be client, where the client has encrypted the value, or absent")
	}
	return true
}

// tags reads the tags; an empty list is none.
func (d *decoder) tags() []string {
	tags := d.list(fTags, MaxTags, tagProblem)
	if len(tags) == 0 {
		return nil
	}
	return tags
}

func tagProblem(tag string) (rule, message string) { return nameProblem(tag, MaxTag) }

// ttl reads whole seconds or an RFC 3339 time; null is none.
func (d *decoder) ttl() *TTL {
	switch c := d.peek(); {
	case c == 'n':
		d.null()
		return nil
	case c == '"':
		at, err := time.Parse(time.RFC3339, string(d.text()))
		if d.err == nil && (err != nil || at.UnixMilli() <= 0) {
			d.problem(fTTL.String(), "time", "must be an RFC 3339 time after 1970")
			return nil
		}
		return &TTL{At: at.UnixMilli()}
	case c != '-' && !isDigit(c):
		d.wrong(fTTL.String(), "whole seconds or an RFC 3339 time")
		return nil
	}
	return d.seconds()
}

func (d *decoder) seconds() *TTL {
	start := d.pos
	if f := d.number(); f != nil {
		d.fail(f)
		return nil
	}
	n := int64(0)
	for _, c := range d.in[start:d.pos] {
		if !isDigit(c) || n > MaxTTL {
			n = 0
			break
		}
		n = n*10 + int64(c-'0')
	}
	if n < 1 || n > MaxTTL {
		d.problem(fTTL.String(), "range", fmt.Sprintf("must be whole seconds from 1 to %d", int64(MaxTTL)))
		return nil
	}
	return &TTL{Seconds: n}
}

// blank says whether b holds nothing but white space.
func blank(b []byte) bool {
	s := scanner{in: b}
	return s.blank() == len(b)
}
