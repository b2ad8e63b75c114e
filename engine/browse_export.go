package engine

import (
	"context"
	"io"
	"strconv"
	"time"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/store"
)

const (
	exportRows     = 200
	exportPatience = 5 * time.Second // for a page; then on to the next
)

// Export writes every item a query finds as JSON Lines that an import reads, a page at a time:
// it holds one page, and sees writes made meanwhile or not. What who asks does not see of values is left out.
func (e *Engine) Export(ctx context.Context, who models.Caller, q store.BrowseQuery, w io.Writer) error {
	q.Limit, q.Values, q.MaxBytes = exportRows, true, e.limits.MaxBatchBytes
	var line []byte
	for page := ""; ; {
		found, err := e.Browse(ctx, BrowseQuery{BrowseQuery: q, Page: page, Patience: exportPatience})
		if err != nil {
			return err
		}
		if err := e.showItems(ctx, &who, found.Items); err != nil {
			return err
		}
		for i := range found.Items {
			line = appendLine(line[:0], &found.Items[i])
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		if page = found.Next; page == "" {
			return nil
		}
	}
}

// appendLine is an item as the line of an export; of a removed one there is no value.
func appendLine(b []byte, it *models.Item) []byte {
	text := func(name, value string) { b = protocol.AppendString(append(append(b, name...), ':'), value) }
	number := func(name string, n int64) { b = strconv.AppendInt(append(append(b, name...), ':'), n, 10) }
	raw := func(name string, value []byte) { b = append(append(append(b, name...), ':'), value...) }
	text(`{"owner"`, it.Owner)
	text(`,"key"`, it.Key)
	if it.Collection != models.Storage {
		text(`,"collection"`, it.Collection)
	}
	if it.Deleted {
		raw(`,"deleted"`, []byte("true"))
	} else {
		raw(`,"value"`, it.Value)
	}
	if it.Metadata != nil {
		raw(`,"metadata"`, it.Metadata)
	}
	if it.Opaque {
		text(`,"encryptionType"`, models.EncryptedByClient)
	}
	for i, tag := range it.Tags {
		b = protocol.AppendString(append(b, [...]string{`,"tags":[`, `,`}[min(i, 1)]...), tag)
	}
	if len(it.Tags) > 0 {
		b = append(b, ']')
	}
	if it.Priority != 0 {
		number(`,"priority"`, it.Priority)
	}
	if it.ExpiresAt != 0 {
		text(`,"ttl"`, time.UnixMilli(it.ExpiresAt).UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	number(`,"version"`, it.Version)
	number(`,"timestamp"`, it.Timestamp)
	return append(b, "}\n"...)
}
