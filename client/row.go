package client

import (
	"database/sql"
	"encoding/json"
	"errors"

	"tidemark/engine/conflict"
)

// row is an item as the server is known to have it. The zero row stands for a key
// the server has not, and one without a value for a tombstone.
type row struct {
	place
	conflict.Side // At is not used

	version   int64
	timestamp int64
	seq       int64
	instance  string
}

// place is a key of a collection.
type place struct{ collection, key string }

// base is the version a change of the row is made against: 0 where there is no item.
func (r *row) base() int64 {
	if r.Value == nil {
		return 0
	}
	return r.version
}

const selectItem = "SELECT collection, key, value, metadata, tags, expires, priority, version, timestamp, seq, instance, opaque FROM items"

type scanner interface{ Scan(dest ...any) error }

func scanRow(s scanner) (r row, err error) {
	var tags []byte
	err = s.Scan(&r.collection, &r.key, &r.Value, &r.Metadata, &tags, &r.ExpiresAt, &r.Priority, &r.version, &r.timestamp, &r.seq, &r.instance, &r.Opaque)
	if err != nil {
		return r, err
	}
	r.Tags, err = readTags(tags)
	return r, err
}

// row reads an item; the zero row when there is none.
func (t *tx) row(p place) (row, error) {
	r, err := scanRow(t.QueryRowContext(t.ctx, selectItem+" WHERE collection = ? AND key = ?", p.collection, p.key))
	if errors.Is(err, sql.ErrNoRows) {
		return row{place: p}, nil
	}
	return r, err
}

// Where rows go.
const (
	insertItem   = "INSERT OR REPLACE INTO items (collection, key, value, metadata, tags, expires, priority, version, timestamp, seq, instance, opaque) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
	insertStaged = "INSERT OR REPLACE INTO staging (collection, key, value, metadata, tags, expires, priority, version, timestamp, seq, instance, opaque) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)

func (t *tx) put(into string, r *row) error {
	tags, err := writeTags(r.Tags)
	if err != nil {
		return err
	}
	return t.exec(into, r.collection, r.key, orNull(r.Value), orNull(r.Metadata), tags, r.ExpiresAt, r.Priority, r.version, r.timestamp, r.seq, r.instance, r.Opaque)
}

// orNull keeps an absent value apart from an empty one.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func readTags(b []byte) (tags []string, err error) {
	if len(b) > 0 {
		err = json.Unmarshal(b, &tags)
	}
	return tags, err
}

func writeTags(tags []string) (any, error) {
	if len(tags) == 0 {
		return nil, nil //nolint:nilnil // no tags are NULL
	}
	return json.Marshal(tags)
}
