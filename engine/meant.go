package engine

import (
	"encoding/json"

	"tidemark/engine/protocol"
	"tidemark/models"
)

// meant is what a write said that the item it would make does not tell. It is kept
// with the write's conflict, so that the same write can be judged again.
type meant struct {
	Kind     protocol.Kind   `json:"kind,omitempty"` // of a write that says what it changes; empty: it said the whole item
	Path     []string        `json:"path,omitempty"`
	Value    json.RawMessage `json:"value,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Tags     *[]string       `json:"tags,omitempty"`
	Expires  *int64          `json:"expires,omitempty"` // ms; 0: never
	Priority int64           `json:"priority,omitempty"`
	Create   bool            `json:"create,omitempty"` // nothing was to be there
	Own      bool            `json:"own,omitempty"`    // its base is one the item had while its device wrote to it
	Tx       bool            `json:"tx,omitempty"`     // it was to stand or fall with others
	Schema   int64           `json:"schema,omitempty"` // the version of the table that its writer knew; 0: that of then
	Sent     json.RawMessage `json:"sent,omitempty"`   // and the value that was sent
}

// meantBy is what an operation said, as it is kept; nil when the item it would make tells all.
func meantBy(u *unit, o *operation, it *models.Item) []byte {
	m := meant{Create: o.CreateOnly, Own: o.Base != nil && ofRun(u, o, it), Tx: o.Tx != ""}
	if o.former != nil {
		m.Schema, m.Sent = u.caller.Schema, o.former.Value
	}
	if o.Kind == protocol.Set || o.Kind == protocol.Remove {
		if !m.Create && !m.Own && !m.Tx && o.former == nil {
			return nil
		}
		return m.encoded()
	}
	m.Kind, m.Path, m.Value, m.Metadata, m.Priority = o.Kind, o.Path, o.Value, o.Metadata, o.Priority
	if o.Tags != nil {
		m.Tags = &o.Tags
	}
	if o.TTL != nil {
		m.Expires = &o.expiresAt
	}
	return m.encoded()
}

func (m meant) encoded() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // what a write says is JSON
	}
	return b
}

// rewritten is the write of a conflict and the item it met, as they were.
func rewritten(c *models.Conflict) (*unit, *operation, *models.Item, meant, error) {
	m := meant{Own: c.BaseVersion > 0 && c.BaseSeq == 0 && c.BaseValue != nil}
	if c.Meant != nil {
		if err := json.Unmarshal(c.Meant, &m); err != nil {
			return nil, nil, nil, m, err
		}
	}
	u := &unit{caller: models.Caller{TenantID: c.TenantID, UserID: c.Owner, InstanceID: c.IncomingInstance, CanRead: true}}
	o := &operation{Op: protocol.Op{
		Kind: protocol.Set, Collection: c.Collection, Key: c.Key, Value: c.IncomingValue, Metadata: c.IncomingMetadata, Tags: c.IncomingTags,
		Priority: c.IncomingPriority, Base: &c.BaseVersion, Timestamp: &c.IncomingTimestamp, CreateOnly: m.Create, Opaque: c.IncomingOpaque,
	}, owner: c.Owner, id: c.OpID, timestamp: c.IncomingTimestamp, expiresAt: c.IncomingExpires}
	switch {
	case c.IncomingOp == models.ChangeRemove:
		o.Kind = protocol.Remove
	case m.Kind != "":
		m.restore(o)
	}
	o.size = int64(len(o.Value) + len(o.Metadata))
	it := &models.Item{
		ID: c.ItemID, TenantID: c.TenantID, Collection: c.Collection, Owner: c.Owner, Key: c.Key, Version: c.CurrentVersion, Seq: c.CurrentSeq,
		Value: c.CurrentValue, Metadata: c.CurrentMetadata, Tags: c.CurrentTags, ExpiresAt: c.CurrentExpires, Priority: c.CurrentPriority,
		Deleted: c.CurrentDeleted, Opaque: c.CurrentOpaque, Instance: c.CurrentInstance, HLC: c.CurrentHLC,
	}
	if m.Own {
		it.RunUser, it.RunInstance = c.Owner, c.IncomingInstance
		it.MergedFrom(c.BaseVersion)
	}
	return u, o, it, m, nil
}

// restore gives an operation what a write said that changes a part of an item.
func (m *meant) restore(o *operation) {
	o.Kind, o.Path, o.Value, o.Metadata, o.Tags, o.Priority, o.expiresAt = m.Kind, m.Path, m.Value, m.Metadata, nil, m.Priority, 0
	if m.Tags != nil {
		o.Tags = append([]string{}, *m.Tags...)
	}
	if m.Expires != nil {
		o.TTL, o.expiresAt = &protocol.TTL{At: *m.Expires}, *m.Expires
	}
}
