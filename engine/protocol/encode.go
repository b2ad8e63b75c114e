package protocol

import (
	"strconv"
	"time"

	"tidemark/models"
)

// The append functions write compact JSON after what dst holds already. Values
// and metadata are copied as they are stored, which is canonical JSON.

// AppendItem appends an item as REST, sync:get and lists show it. "collection"
// is there when it is not storage, "deleted" in a tombstone.
func AppendItem(dst []byte, i *models.Item) []byte {
	dst = appendText(dst, `{"id":`, i.ID)
	dst = appendCollection(dst, i.Collection)
	dst = appendText(dst, `,"key":`, i.Key)
	dst = appendRaw(dst, `,"value":`, i.Value)
	dst = appendRaw(dst, `,"metadata":`, i.Metadata)
	dst = appendInt(dst, `,"version":`, i.Version)
	dst = appendInt(dst, `,"timestamp":`, i.Timestamp)
	dst = AppendTime(append(dst, `,"lastModified":`...), i.ModifiedAt)
	dst = appendInt(dst, `,"size":`, i.Size)
	dst = appendTags(dst, i.Tags)
	dst = AppendTime(append(dst, `,"ttl":`...), i.ExpiresAt)
	dst = appendInt(dst, `,"priority":`, i.Priority)
	dst = appendText(dst, `,"instanceId":`, i.Instance)
	dst = appendText(dst, `,"userId":`, i.Owner)
	dst = appendInt(dst, `,"seq":`, i.Seq)
	if i.Opaque || i.Sealed {
		dst = appendText(dst, `,"encryptionType":`, i.EncryptionType())
	}
	if i.Deleted {
		dst = append(dst, `,"deleted":true`...)
	}
	return append(dst, '}')
}

// AppendEvent appends a change as a SyncEvent of pulls and pending-updates.
// The operation id is shown when it came from the client.
func AppendEvent(dst []byte, c *models.Change, cursor string) []byte {
	if c.Op == models.ChangeRemove {
		return appendSyncEvent(dst, c, "remove", cursor)
	}
	return appendSyncEvent(dst, c, "set", cursor)
}

// AppendEvict appends the SyncEvent that tells a replica to drop the change's
// item, because it may no longer see it.
func AppendEvict(dst []byte, c *models.Change, cursor string) []byte {
	return appendSyncEvent(dst, c, "evict", cursor)
}

func appendSyncEvent(dst []byte, c *models.Change, op, cursor string) []byte {
	dst = appendInt(dst, `{"seq":`, c.Seq)
	dst = appendText(dst, `,"op":`, op)
	dst = appendText(dst, `,"collection":`, c.Collection)
	dst = appendText(dst, `,"key":`, c.Key)
	if op == "set" {
		dst = appendRaw(dst, `,"value":`, c.Value)
	}
	if c.Metadata != nil && op != "evict" {
		dst = appendRaw(dst, `,"metadata":`, c.Metadata)
	}
	if op == "set" {
		dst = appendBeside(dst, c)
	}
	dst = appendInt(dst, `,"version":`, c.Version)
	dst = appendInt(dst, `,"timestamp":`, c.Timestamp)
	dst = appendText(dst, `,"userId":`, c.Owner)
	dst = appendText(dst, `,"instanceId":`, c.Instance)
	if c.ClientOp && op != "evict" {
		dst = appendText(dst, `,"opId":`, c.OpID)
	}
	dst = appendText(dst, `,"cursor":`, cursor)
	return append(dst, '}')
}

// appendBeside writes what an item has beside value and metadata, where it has any.
func appendBeside(dst []byte, c *models.Change) []byte {
	if len(c.Tags) > 0 {
		dst = appendTags(dst, c.Tags)
	}
	if c.ExpiresAt != 0 {
		dst = AppendTime(append(dst, `,"ttl":`...), c.ExpiresAt)
	}
	if c.Priority != 0 {
		dst = appendInt(dst, `,"priority":`, c.Priority)
	}
	return appendOpaque(dst, c.Opaque)
}

// appendOpaque says of a value that its client encrypted it.
func appendOpaque(dst []byte, opaque bool) []byte {
	if !opaque {
		return dst
	}
	return appendText(dst, `,"encryptionType":`, models.EncryptedByClient)
}

// AppendEvents appends changes as an array of SyncEvents.
func AppendEvents(dst []byte, changes []models.Change, cursor func(*models.Change) string) []byte {
	dst = append(dst, '[')
	for i := range changes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendEvent(dst, &changes[i], cursor(&changes[i]))
	}
	return append(dst, ']')
}

// AppendUpdate appends the data of a live sync:update.
func AppendUpdate(dst []byte, c *models.Change, cursor string) []byte {
	dst = appendText(dst, `{"key":`, c.Key)
	dst = appendCollection(dst, c.Collection)
	dst = appendRaw(dst, `,"value":`, c.Value)
	dst = appendRaw(dst, `,"metadata":`, c.Metadata)
	dst = appendInt(dst, `,"version":`, c.Version)
	dst = appendInt(dst, `,"timestamp":`, c.Timestamp)
	dst = appendInt(dst, `,"seq":`, c.Seq)
	dst = appendText(dst, `,"cursor":`, cursor)
	dst = appendText(dst, `,"userId":`, c.Owner)
	dst = appendText(dst, `,"instanceId":`, c.Instance)
	return append(appendOpaque(dst, c.Opaque), '}')
}

// AppendRemoval appends the data of a live sync:remove.
func AppendRemoval(dst []byte, c *models.Change, cursor string) []byte {
	dst = appendText(dst, `{"key":`, c.Key)
	dst = appendCollection(dst, c.Collection)
	dst = appendInt(dst, `,"timestamp":`, c.Timestamp)
	dst = appendInt(dst, `,"version":`, c.Version)
	dst = appendInt(dst, `,"seq":`, c.Seq)
	dst = appendText(dst, `,"cursor":`, cursor)
	return append(dst, '}')
}

// AppendLive appends the data of the live event of a change and names the event.
func AppendLive(dst []byte, c *models.Change, cursor string) (event string, data []byte) {
	if c.Op == models.ChangeRemove {
		return EventRemove, AppendRemoval(dst, c, cursor)
	}
	return EventUpdate, AppendUpdate(dst, c, cursor)
}

// AppendConflict appends the data of a sync:conflict: what was kept of a write
// that lost. value is what stands, incoming what was written.
func AppendConflict(dst []byte, c *models.Conflict) []byte {
	stands, version := c.CurrentValue, c.CurrentVersion
	if c.StandsVersion != 0 {
		stands, version = c.Stands, c.StandsVersion
	}
	dst = appendText(dst, `{"conflictId":`, c.ID)
	dst = appendCollection(dst, c.Collection)
	dst = appendText(dst, `,"key":`, c.Key)
	dst = appendText(dst, `,"kind":`, string(c.Kind))
	dst = appendText(dst, `,"status":`, string(c.Status))
	dst = appendOptional(dst, `,"strategy":`, string(c.Strategy))
	dst = appendOptional(dst, `,"winner":`, c.Winner)
	dst = appendInt(dst, `,"version":`, version)
	dst = appendRaw(dst, `,"value":`, stands)
	dst = appendRaw(dst, `,"incoming":`, c.IncomingValue)
	dst = appendText(dst, `,"instanceId":`, c.IncomingInstance)
	return append(dst, '}')
}

// AppendReady appends the data of a sync:ready.
func AppendReady(dst []byte, serverTime int64, epoch string, resumed bool) []byte {
	dst = appendInt(dst, `{"serverTime":`, serverTime)
	dst = appendText(dst, `,"epoch":`, epoch)
	dst = append(dst, `,"resumed":`...)
	return append(strconv.AppendBool(dst, resumed), '}')
}

// AppendExpiry appends the data of a sync:auth-required, and with AppendOK the fields of the ack of a sync:auth.
func AppendExpiry(dst []byte, at int64) []byte {
	return append(AppendTime(append(dst, `{"expiresAt":`...), at), '}')
}

// AppendTime appends ms since the epoch as an RFC 3339 time in UTC with
// milliseconds, in quotes; 0 is null.
func AppendTime(dst []byte, ms int64) []byte {
	if ms == 0 {
		return append(dst, "null"...)
	}
	return time.UnixMilli(ms).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
}

func appendText(dst []byte, name, s string) []byte { return AppendString(append(dst, name...), s) }

func appendInt(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(dst, name...), n, 10)
}

func appendRaw(dst []byte, name string, raw []byte) []byte {
	dst = append(dst, name...)
	if raw == nil {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

// appendOptional writes an empty string as null.
func appendOptional(dst []byte, name, s string) []byte {
	if s == "" {
		return appendRaw(dst, name, nil)
	}
	return appendText(dst, name, s)
}

func appendCollection(dst []byte, collection string) []byte {
	if collection == storage || collection == "" {
		return dst
	}
	return appendText(dst, `,"collection":`, collection)
}

func appendTags(dst []byte, tags []string) []byte {
	dst = append(dst, `,"tags":`...)
	return appendStrings(dst, tags)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, s)
	}
	return append(dst, ']')
}
