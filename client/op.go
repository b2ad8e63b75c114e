package client

import (
	"bytes"
	"database/sql"
	"errors"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// state is how far an operation has come.
type state string

const (
	fresh   state = "new"     // no push has held it: it may still change
	sent    state = "sent"    // a push may have reached the server: it stays as it is until it is answered
	refused state = "refused" // the server will not have it as it is
)

// op is an operation of the outbox. Of a patch, what Side leaves out stays.
type op struct {
	place
	conflict.Side // of a patch, Value is the patch

	n    int64
	id   string
	kind protocol.Kind
	path string // of what is done to a part of the value: JSON pointer; empty: the whole
	at   int64  // the client's clock, ms
	base side

	state         state
	code, message string // why it was refused
}

// side is an item at a version.
type side struct {
	version int64 // 0: there was none
	conflict.Side
}

// unknown says that there was an item at the version, and that the replica has not kept it.
func (s *side) unknown() bool { return s.version != 0 && s.Value == nil }

// apply gives what an item becomes by an operation: `not_found` where there is none to change, `invalid` where a part of it cannot be.
func (o *op) apply(s conflict.Side) (conflict.Side, error) {
	if s.Opaque && o.kind != protocol.Set && o.kind != protocol.Remove {
		return s, fault.OfField("op", "opaque", "must be set or remove: the value is encrypted by the app")
	}
	switch o.kind {
	case protocol.Set:
		return o.Side, nil
	case protocol.Remove:
		return conflict.Side{}, nil
	case protocol.Patch:
		return o.patched(s)
	default:
		return o.intended(s)
	}
}

func (o *op) patched(s conflict.Side) (conflict.Side, error) {
	if s.Value == nil {
		return s, fault.New(fault.NotFound, "There is no such item to patch.")
	}
	var err error
	if s.Value, err = protocol.MergePatch(s.Value, o.Value); err != nil {
		return s, err
	}
	return o.beside(s), nil
}

// beside gives an item what an operation says beside its value.
func (o *op) beside(s conflict.Side) conflict.Side {
	if o.Metadata != nil {
		s.Metadata = o.Metadata
	}
	if o.Tags != nil {
		s.Tags = o.Tags
	}
	if o.ExpiresAt != 0 {
		s.ExpiresAt = o.ExpiresAt
	}
	if o.Priority != 0 {
		s.Priority = o.Priority
	}
	return s
}

// mine is what operations make of an item. One that has nothing to change any more
// changes nothing.
func mine(s conflict.Side, chain []op) conflict.Side {
	for i := range chain {
		if next, err := chain[i].apply(s); err == nil {
			s = next
		}
	}
	return s
}

const selectOp = `SELECT n, op_id, state, collection, key, kind, path, value, metadata, tags, expires, priority, timestamp,
base, base_value, base_metadata, base_tags, base_expires, base_priority, code, message, opaque, base_opaque FROM ops`

func scanOp(s scanner) (o op, err error) {
	var tags, baseTags []byte
	err = s.Scan(&o.n, &o.id, &o.state, &o.collection, &o.key, &o.kind, &o.path, &o.Value, &o.Metadata, &tags, &o.ExpiresAt, &o.Priority, &o.at,
		&o.base.version, &o.base.Value, &o.base.Metadata, &baseTags, &o.base.ExpiresAt, &o.base.Priority, &o.code, &o.message, &o.Opaque, &o.base.Opaque)
	if err != nil {
		return o, err
	}
	if o.Tags, err = readTags(tags); err == nil {
		o.base.Tags, err = readTags(baseTags)
	}
	return o, err
}

func (t *tx) ops(where string, args ...any) (list []op, err error) {
	rows, err := t.QueryContext(t.ctx, where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		o, err := scanOp(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// chain reads what waits to be pushed of a key, oldest first.
func (t *tx) chain(p place) ([]op, error) {
	return t.ops(selectOp+" WHERE collection = ? AND key = ? AND state <> 'refused' ORDER BY n", p.collection, p.key)
}

// op reads an operation by its id: `not_found`.
func (t *tx) op(id string) (op, error) {
	o, err := scanOp(t.QueryRowContext(t.ctx, selectOp+" WHERE op_id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return o, fault.New(fault.NotFound, "There is no such operation in the outbox.")
	}
	return o, err
}

// save writes an operation: a new one at the end of the outbox, another where it is.
func (t *tx) save(o *op) error {
	tags, err := writeTags(o.Tags)
	if err != nil {
		return err
	}
	baseTags, err := writeTags(o.base.Tags)
	if err != nil {
		return err
	}
	n := any(nil)
	if o.n != 0 {
		n = o.n
	}
	return t.exec(`INSERT OR REPLACE INTO ops (n, op_id, state, collection, key, kind, path, value, metadata, tags, expires, priority, timestamp,
base, base_value, base_metadata, base_tags, base_expires, base_priority, code, message, opaque, base_opaque) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		n, o.id, string(o.state), o.collection, o.key, string(o.kind), o.path, orNull(o.Value), orNull(o.Metadata), tags, o.ExpiresAt, o.Priority, o.at,
		o.base.version, orNull(o.base.Value), orNull(o.base.Metadata), baseTags, o.base.ExpiresAt, o.base.Priority, o.code, o.message, o.Opaque, o.base.Opaque)
}

func (t *tx) drop(o *op) error { return t.exec("DELETE FROM ops WHERE n = ?", o.n) }

// sameValue says whether two sides hold the same value, or none.
func sameValue(a, b conflict.Side) bool {
	return a.Opaque == b.Opaque && (a.Value == nil) == (b.Value == nil) && bytes.Equal(a.Value, b.Value)
}
