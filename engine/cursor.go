package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Kinds of cursors. Clients see them as opaque text.
const (
	kindPull  byte = 1 // a page's: for pulling, holds for its scope and filter
	kindEvent byte = 2 // an event's: for acknowledging alone
	kindPage  byte = 3 // where a list or snapshot goes on
)

const (
	cursorVersion = 1
	macBytes      = 10
	cursorHead    = 3 + 4 + 4 + 8 // version, kind, key id; tenant; epoch; sequence number
	pageHead      = cursorHead + 8 + 8
)

// cursor is a place in a tenant's log, and for whom it holds.
type cursor struct {
	kind  byte
	seq   int64
	fresh int64  // pull from the beginning: how often tombstones had been purged, plus one; else 0
	scope uint64 // of whose changes, through which filter
	place []byte // kindPage: where the list goes on
}

// sealer signs cursors with a key kept in the database, so that every node knows them.
type sealer struct {
	keyID byte
	pool  sync.Pool
}

func newSealer(keyID byte, key []byte) *sealer {
	s := &sealer{keyID: keyID}
	s.pool.New = func() any { return hmac.New(sha256.New, key) }
	return s
}

func short(s string) uint32 {
	h := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint32(h[:])
}

// realm is the part of a cursor that names its tenant and epoch.
type realm struct {
	tenant, epoch uint32
	name          string // the epoch as clients see it
}

func realmOf(h models.Head) realm { return realm{short(h.TenantID), short(h.Epoch), h.Epoch} }

func (s *sealer) seal(r realm, c cursor) string {
	b := make([]byte, 0, 96+len(c.place))
	b = append(b, cursorVersion, c.kind, s.keyID)
	b = binary.BigEndian.AppendUint32(b, r.tenant)
	b = binary.BigEndian.AppendUint32(b, r.epoch)
	b = binary.BigEndian.AppendUint64(b, uint64(c.seq))
	if c.kind != kindEvent {
		b = binary.BigEndian.AppendUint64(b, uint64(c.fresh))
		b = binary.BigEndian.AppendUint64(b, c.scope)
		b = append(b, c.place...)
	}
	return base64.RawURLEncoding.EncodeToString(s.mac(b))
}

func (s *sealer) mac(b []byte) []byte {
	h := s.pool.Get().(hash.Hash)
	defer s.pool.Put(h)
	h.Reset()
	h.Write(b)
	var sum [sha256.Size]byte
	return append(b, h.Sum(sum[:0])[:macBytes]...)
}

// open reads a cursor of the kind for a tenant at its present epoch. Garbage is
// `malformed`; a cursor that was good once, or elsewhere, is `cursor_expired`.
func (s *sealer) open(text string, kind byte, r realm) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < cursorHead+macBytes || b[0] != cursorVersion {
		return cursor{}, badCursor()
	}
	body := b[:len(b)-macBytes]
	if b[2] != s.keyID {
		return cursor{}, expired("epoch")
	}
	if !hmac.Equal(s.mac(slices.Clone(body)), b) || body[1] != kind || kind != kindEvent && len(body) < pageHead {
		return cursor{}, badCursor()
	}
	c := cursor{kind: body[1], seq: int64(binary.BigEndian.Uint64(body[11:]))}
	if kind != kindEvent {
		c.fresh, c.scope, c.place = int64(binary.BigEndian.Uint64(body[19:])), binary.BigEndian.Uint64(body[27:]), body[pageHead:]
	}
	if binary.BigEndian.Uint32(body[3:]) != r.tenant {
		return cursor{}, expired("scope")
	}
	if binary.BigEndian.Uint32(body[7:]) != r.epoch {
		return cursor{}, expired("epoch")
	}
	return c, nil
}

func badCursor() error { return fault.New(fault.Malformed, "This is not a cursor of ours.") }

func expired(reason string) error {
	return fault.New(fault.CursorExpired, "This cursor is no longer good; start from a snapshot.").With("reason", reason)
}

// scopeOf names whose changes a reader sees, and through which filter.
func scopeOf(c models.Caller, collections []string, prefix string) uint64 {
	sorted := slices.Clone(collections)
	slices.Sort(sorted)
	h := sha256.Sum256([]byte(strings.Join(append([]string{ownerOf(c), prefix, readScopes(c)}, sorted...), "\x00")))
	return binary.BigEndian.Uint64(h[:])
}

// ownerOf is whose items the caller reads; empty for all users'.
func ownerOf(c models.Caller) string {
	if c.AllUsers {
		return ""
	}
	return c.UserID
}

// readScopes is the part of the caller's rights that narrows what it may read.
func readScopes(c models.Caller) string {
	out := make([]string, len(c.Reads))
	for i, r := range c.Reads {
		out[i] = fmt.Sprint(r.Collection, "/", r.Key, r.Open)
	}
	slices.Sort(out)
	if hidden := sight(&c); hidden != "" {
		return strings.Join(out, ",") + "\x00" + hidden
	}
	return strings.Join(out, ",")
}

// readable says whether the caller's scopes let it see a key.
func readable(c *models.Caller, collection, key string) bool {
	for _, r := range c.Reads {
		if r.Collection == collection && (r.Key == key || r.Open && strings.HasPrefix(key, r.Key)) {
			return true
		}
	}
	return c.Reads == nil
}

// EventCursor is the cursor carried by the event of the change: for acknowledging only.
func (e *Engine) EventCursor(c *models.Change) string {
	r, ok := e.realms.Load(c.TenantID)
	if !ok {
		return "" // a change is only ever shown after its tenant's head was read
	}
	return e.sealer.seal(r.(realm), cursor{kind: kindEvent, seq: c.Seq})
}

// head reads where the tenant's log stands, and remembers the realm of its cursors.
func (e *Engine) head(ctx context.Context, tenantID string) (models.Head, realm, error) {
	h, err := e.store.Head(ctx, tenantID)
	if err != nil {
		return h, realm{}, err
	}
	r := realmOf(h)
	e.realms.Store(tenantID, r)
	return h, r, nil
}

func (e *Engine) epoch(tenantID string) string {
	r, ok := e.realms.Load(tenantID)
	if !ok {
		return ""
	}
	return r.(realm).name
}
