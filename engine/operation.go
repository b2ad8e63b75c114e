package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
	"tidemark/store"
)

// operation is a client's operation made ready for the committer, and its outcome.
type operation struct {
	protocol.Op
	owner     string
	id        string // op id of the log row: the client's, or one of ours
	hash      [16]byte
	stored    []byte // compressed value
	pack      string
	size      int64
	timestamp int64 // clamped; valid if Timestamp is set
	ahead     bool  // the clock that gave it ran ahead
	expiresAt int64
	guard     guard
	settles   *settlement   // nil: it is a write
	rules     *fieldRules   // of the writer's role for the key; nil: none
	given     []byte        // with rules: the value as it was sent
	table     *schema.Table // whose record it is; nil: of none
	former    *protocol.Op  // as it was sent by who knows an older version of the table; nil: by who knows it as it is
	sent      []byte        // the value as it was sent, where it was judged
	judged    int64         // the version of the schema that the value was checked by; 0: none yet
	result    protocol.Result
}

// guard narrows an internal removal to the item it was meant for.
type guard struct {
	expiredVersion int64 // remove only if expired and still at this version
	upToSeq        int64 // remove only if last changed at or below
}

func (g guard) set() bool { return g.expiredVersion != 0 || g.upToSeq != 0 }

func (o *operation) key() store.ItemKey {
	return store.ItemKey{Owner: o.owner, Collection: o.Collection, Key: o.Key}
}

func (o *operation) reject(err error) {
	o.result = protocol.Result{OpID: o.OpID, Key: o.Key, Status: protocol.Rejected, Err: err}
}

// prepare makes operations ready at the door: bounds, clocks, hashes and
// compression, so that the committer has none of it to do. It says whether the
// caller's clock runs ahead.
func (e *Engine) prepare(c models.Caller, ops []protocol.Op) (u *unit, skewed bool) {
	now := clock.Millis(e.clock)
	shift := aheadBy(ops, now)
	u = e.newUnit(c, len(ops))
	tables := e.catalog.Latest(c.TenantID)
	for i := range ops {
		o := &u.ops[i]
		o.Op, o.owner, o.id = ops[i], c.UserID, ops[i].OpID
		if o.id == "" {
			o.id = clock.NewID(e.clock)
		} else {
			o.hash = requestHash(&o.Op)
		}
		if o.Timestamp != nil {
			o.timestamp, o.ahead = max(*o.Timestamp-shift, 0), shift > 0
		}
		if o.TTL != nil {
			o.expiresAt = o.TTL.At
			if o.expiresAt == 0 {
				o.expiresAt = now + o.TTL.Seconds*1000
			}
		}
		o.rules = rulesFor(&u.caller, o.Collection, o.Key)
		o.foresee(tables, c.Schema)
		o.size = int64(len(o.Value) + len(o.Metadata))
		if o.Kind == protocol.Set && int64(len(o.Value)) > e.limits.CompressAbove {
			o.stored, o.pack = store.Pack(o.Value)
		}
		u.bytes += o.size + 256
	}
	return u, shift > 0
}

// aheadBy is how far to shift the clocks of a push back, as a whole, when its
// latest is further ahead than a client's clock may run; 0 when none is.
func aheadBy(ops []protocol.Op, now int64) int64 {
	var latest int64
	for i := range ops {
		if ts := ops[i].Timestamp; ts != nil {
			latest = max(latest, *ts)
		}
	}
	if latest > now+clockSkewMax {
		return latest - now
	}
	return 0
}

// requestHash tells a repeated operation from another one under the same id.
func requestHash(o *protocol.Op) (out [16]byte) {
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(p *int64) string {
		if p == nil {
			return ""
		}
		return fmt.Sprint(*p)
	}
	for _, s := range []string{string(o.Kind), o.Collection, o.Key, number(o.Base), number(o.Timestamp), o.Tx, fmt.Sprint(o.Priority), fmt.Sprint(o.TTL != nil, o.TTL)} {
		part([]byte(s))
	}
	part(o.Value)
	part(o.Metadata)
	for _, t := range o.Tags {
		part([]byte(t))
	}
	for _, name := range o.Path {
		part([]byte(name))
	}
	if o.Opaque {
		part([]byte("opaque"))
	}
	copy(out[:], h.Sum(nil))
	return out
}

func (e *Engine) tooLarge(size int64) error {
	return fault.New(fault.ItemTooLarge, "The item has %d bytes; at most %d are allowed.", size, e.limits.MaxItemBytes).
		With("size", size).With("limit", e.limits.MaxItemBytes)
}

func unavailable(outcome string) *fault.Error {
	f := fault.New(fault.Unavailable, "The write could not be made now; try again.").After(time.Second)
	if outcome != "" {
		f = f.With("outcome", outcome)
		f.Message = "Whether the write happened is not known; repeat it with the same id."
	}
	return f
}
