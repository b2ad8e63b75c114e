package client

import (
	"encoding/json"
	"fmt"
	"time"

	"tidemark/engine/conflict"
)

// Item is an item as the replica shows it: what the server is known to have, with
// the changes over it that still wait to be pushed.
type Item struct {
	Collection string
	Key        string
	Value      json.RawMessage // canonical JSON, number literals as they were written
	Metadata   json.RawMessage // a JSON object; nil: none
	Tags       []string
	ExpiresAt  time.Time // zero: never
	Priority   int64
	Version    int64 // what the server is known to have, or what the pending changes are made over; 0: none. See [Over].
	Encrypted  bool  // by the app: see [Encrypted]
	Pending    bool  // there are changes that the server has not answered
}

// Into decodes the value, as encoding/json does.
func (i *Item) Into(v any) error {
	if err := json.Unmarshal(i.Value, v); err != nil {
		return fmt.Errorf("the value of %q: %w", i.Key, err)
	}
	return nil
}

func itemOf(p place, s conflict.Side, r *row, chain []op) Item {
	i := Item{
		Collection: p.collection, Key: p.key, Value: json.RawMessage(s.Value), Metadata: json.RawMessage(s.Metadata), Tags: s.Tags,
		Priority: s.Priority, Encrypted: s.Opaque, Version: r.base(), Pending: len(chain) > 0,
	}
	if s.ExpiresAt != 0 {
		i.ExpiresAt = time.UnixMilli(s.ExpiresAt).UTC()
	}
	if i.Pending {
		i.Version = chain[0].base.version
	}
	return i
}

// gone says that an item is none, or expired.
func gone(s conflict.Side, now int64) bool {
	return s.Value == nil || s.ExpiresAt != 0 && s.ExpiresAt <= now
}
