package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	rebuildPage  = 256
	rebuildBytes = 8 << 20 // of values in a page
	rebuildTries = 3       // when compaction ran meanwhile
	examples     = 20
)

// Rebuilt is what came of holding a tenant's items against its log.
type Rebuilt struct {
	Seq       int64 // the log was read up to this row
	Items     int64 // without tombstones
	Changes   int64
	Repaired  int64
	Differing []store.ItemKey // items that are not what the log says, each once
	Examples  []string        // what is wrong with the first of them, without values
	ItemsHash string          // of the items as they stand
	LogHash   string          // of the items as the log says they must stand
}

// Equal says whether the items are what the log says.
func (r Rebuilt) Equal() bool { return len(r.Differing) == 0 && r.ItemsHash == r.LogHash }

// Verify holds every item of a tenant against its log, and every row of the log
// against the items, with bounded memory and while others write, in whatever process.
func Verify(ctx context.Context, s *store.Store, tenantID string) (Rebuilt, error) {
	return compare(ctx, s, tenantID, func(context.Context, store.ItemKey) error { return nil })
}

// Rebuild is Verify that also puts each item right that is not what the log says.
// The report is of the state before; writes may go on meanwhile.
func Rebuild(ctx context.Context, s *store.Store, tenantID string) (Rebuilt, error) {
	repaired := int64(0)
	r, err := compare(ctx, s, tenantID, func(ctx context.Context, k store.ItemKey) error {
		repaired++
		return repair(ctx, s, tenantID, k)
	})
	r.Repaired = repaired
	return r, err
}

func compare(ctx context.Context, s *store.Store, tenantID string, mend func(context.Context, store.ItemKey) error) (Rebuilt, error) {
	for range rebuildTries {
		h, err := s.Head(ctx, tenantID)
		if err != nil {
			return Rebuilt{}, err
		}
		c := &comparison{store: s, head: h, mend: mend, bad: map[store.ItemKey]bool{}}
		if err := c.items(ctx); err != nil {
			return Rebuilt{}, fmt.Errorf("compare items: %w", err)
		}
		if err := c.log(ctx); err != nil {
			return Rebuilt{}, fmt.Errorf("compare the log: %w", err)
		}
		after, err := s.Head(ctx, tenantID)
		if err != nil {
			return Rebuilt{}, err
		}
		if after.Floor == h.Floor && after.Epoch == h.Epoch && (after.Purges == h.Purges || len(c.bad) > 0) {
			c.out.Seq, c.out.ItemsHash, c.out.LogHash = h.Seq, c.standing.String(), c.logged.String()
			return c.out, nil
		}
	}
	return Rebuilt{}, fault.New(fault.Unavailable, "The log is being compacted; try again.")
}

// comparison is one pass over a tenant's items and its log, as of a head.
type comparison struct {
	store    *store.Store
	head     models.Head
	mend     func(context.Context, store.ItemKey) error
	bad      map[store.ItemKey]bool // so that a key counts once
	out      Rebuilt
	standing multiset // of items
	logged   multiset // of newest rows
}

// items holds each item against the row of its last change.
func (c *comparison) items(ctx context.Context) error {
	for after := (store.ItemKey{}); ; {
		page, err := c.store.AllItems(ctx, c.head.TenantID, after, rebuildPage)
		if err != nil || len(page) == 0 {
			return err
		}
		seqs := make([]int64, len(page))
		for i := range page {
			seqs[i] = page[i].Seq
		}
		rows, err := c.rowsAt(ctx, seqs)
		if err != nil {
			return err
		}
		for i := range page {
			if err := c.item(ctx, &page[i], rows[page[i].Seq]); err != nil {
				return err
			}
		}
		after = keyOf(&page[len(page)-1])
	}
}

func (c *comparison) item(ctx context.Context, it *models.Item, row *models.Change) error {
	if it.Seq > c.head.Seq { // moved on since: what it was then, the log knows
		return c.earlier(ctx, row)
	}
	c.stands(it)
	if row == nil {
		return c.mismatch(ctx, keyOf(it), fmt.Sprintf("the log has no change %d", it.Seq))
	}
	if odd := differences(it, itemOf(row)); len(odd) > 0 {
		return c.mismatch(ctx, keyOf(it), "other than the log in "+strings.Join(odd, ", "))
	}
	return nil
}

// earlier counts an item that was written after the pass began as it stood before.
func (c *comparison) earlier(ctx context.Context, row *models.Change) error {
	for row != nil && row.Seq > c.head.Seq {
		if row.PrevSeq == 0 {
			return nil
		}
		rows, err := c.rowsAt(ctx, []int64{row.PrevSeq})
		if err != nil {
			return err
		}
		row = rows[row.PrevSeq]
	}
	if row != nil {
		c.stands(itemOf(row))
	}
	return nil
}

func (c *comparison) stands(it *models.Item) {
	c.standing.add(digest(it))
	if !it.Deleted {
		c.out.Items++
	}
}

// log adds up what the newest row of each key says: every row counts, and takes
// back what its predecessor said.
func (c *comparison) log(ctx context.Context) error {
	for after := int64(0); ; {
		page, err := c.store.Changes(ctx, store.LogQuery{TenantID: c.head.TenantID, After: after, UpTo: c.head.Seq, Limit: rebuildPage, MaxBytes: rebuildBytes})
		if err != nil || len(page) == 0 {
			return err
		}
		var before []int64
		keys := make([]store.ItemKey, len(page))
		for i := range page {
			keys[i] = keyOf(itemOf(&page[i]))
			if page[i].PrevSeq > 0 {
				before = append(before, page[i].PrevSeq)
			}
		}
		rows, err := c.rowsAt(ctx, before)
		if err != nil {
			return err
		}
		at, err := c.store.ItemSeqs(ctx, c.head.TenantID, keys)
		if err != nil {
			return err
		}
		for i := range page {
			if err := c.row(ctx, &page[i], rows[page[i].PrevSeq], at); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Seq
	}
}

func (c *comparison) row(ctx context.Context, row, before *models.Change, at map[store.ItemKey]int64) error {
	c.out.Changes++
	it := itemOf(row)
	c.logged.add(digest(it))
	if before != nil {
		c.logged.remove(digest(itemOf(before)))
	}
	seq, there := at[keyOf(it)]
	switch {
	case !there && row.Op == models.ChangeRemove && row.Seq <= c.head.Floor: // purged
		return nil
	case !there:
		return c.mismatch(ctx, keyOf(it), fmt.Sprintf("the item of change %d is missing", row.Seq))
	case seq < row.Seq:
		return c.mismatch(ctx, keyOf(it), fmt.Sprintf("the item stands at change %d, the log at %d", seq, row.Seq))
	}
	return nil
}

func (c *comparison) rowsAt(ctx context.Context, seqs []int64) (map[int64]*models.Change, error) {
	rows, err := c.store.ChangesAt(ctx, c.head.TenantID, seqs)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*models.Change, len(rows))
	for i := range rows {
		out[rows[i].Seq] = &rows[i]
	}
	return out, nil
}

func (c *comparison) mismatch(ctx context.Context, k store.ItemKey, why string) error {
	if c.bad[k] {
		return nil
	}
	c.bad[k] = true
	c.out.Differing = append(c.out.Differing, k)
	if len(c.out.Examples) < examples {
		c.out.Examples = append(c.out.Examples, fmt.Sprintf("%q %q %q: %s", k.Owner, k.Collection, k.Key, why))
	}
	return c.mend(ctx, k)
}

// repair puts a key's item to what its newest row says, under the head's lock.
func repair(ctx context.Context, s *store.Store, tenantID string, k store.ItemKey) error {
	err := s.Commit(ctx, func(t *store.CommitTx) error {
		if _, err := t.LockHead(tenantID); err != nil {
			return err
		}
		var it *models.Item
		row, err := t.LastChange(tenantID, k)
		if err == nil {
			it = itemOf(&row)
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := t.ReplaceItem(tenantID, k, it); err != nil {
			return err
		}
		return t.Recount(tenantID, k.Owner)
	})
	if err != nil {
		return fmt.Errorf("repair an item: %w", err)
	}
	return nil
}

// itemOf is the item a change leaves behind. Whose run of writes it was the log
// does not say: the next stale base is a conflict, never taken for the writer's own.
func itemOf(c *models.Change) *models.Item {
	return &models.Item{
		ID: c.ItemID, TenantID: c.TenantID, Collection: c.Collection, Owner: c.Owner, Key: c.Key, Value: c.Value, Stored: packed(c),
		Metadata: c.Metadata, Version: c.Version, Timestamp: c.Timestamp, HLC: c.HLC, Seq: c.Seq, Instance: c.Instance,
		Deleted: c.Op == models.ChangeRemove, Size: c.Size, Compression: c.Compression, Opaque: c.Opaque, Tags: c.Tags, ExpiresAt: c.ExpiresAt,
		Priority: c.Priority, ModifiedAt: c.At, RunBase: c.Version,
	}
}

func packed(c *models.Change) []byte {
	if c.Compression == "" {
		return nil
	}
	stored, _ := store.Pack(c.Value)
	return stored
}

// facet is a part of an item that items and log must agree on.
type facet struct {
	name string
	of   func(*models.Item) []byte
}

var facets = []facet{
	{"id", func(it *models.Item) []byte { return []byte(it.ID) }},
	{"owner", func(it *models.Item) []byte { return []byte(it.Owner) }},
	{"collection", func(it *models.Item) []byte { return []byte(it.Collection) }},
	{"key", func(it *models.Item) []byte { return []byte(it.Key) }},
	{"value", func(it *models.Item) []byte { return it.Value }},
	{"opaque", func(it *models.Item) []byte { return fmt.Append(nil, it.Opaque) }},
	{"metadata", func(it *models.Item) []byte { return it.Metadata }},
	{"tags", func(it *models.Item) []byte { return []byte(strings.Join(it.Tags, "\x00")) }},
	{"version", func(it *models.Item) []byte { return number(it.Version) }},
	{"timestamp", func(it *models.Item) []byte { return number(it.Timestamp) }},
	{"hlc", func(it *models.Item) []byte { return number(it.HLC) }},
	{"seq", func(it *models.Item) []byte { return number(it.Seq) }},
	{"instance", func(it *models.Item) []byte { return []byte(it.Instance) }},
	{"deleted", func(it *models.Item) []byte { return fmt.Append(nil, it.Deleted) }},
	{"size", func(it *models.Item) []byte { return number(it.Size) }},
	{"expiry", func(it *models.Item) []byte { return number(it.ExpiresAt) }},
	{"priority", func(it *models.Item) []byte { return number(it.Priority) }},
	{"modified", func(it *models.Item) []byte { return number(it.ModifiedAt) }},
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func differences(a, b *models.Item) (names []string) {
	for _, f := range facets {
		if !bytes.Equal(f.of(a), f.of(b)) {
			names = append(names, f.name)
		}
	}
	return names
}

func digest(it *models.Item) [sha256.Size]byte {
	h := sha256.New()
	for _, f := range facets {
		part := f.of(it)
		h.Write(number(int64(len(part))))
		h.Write(part)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// multiset hashes a set whose members come and go in any order, after AdHash
// (Bellare and Micciancio, 1997): the sum of their digests.
type multiset struct{ sum big.Int }

func (m *multiset) add(d [sha256.Size]byte)    { m.sum.Add(&m.sum, new(big.Int).SetBytes(d[:])) }
func (m *multiset) remove(d [sha256.Size]byte) { m.sum.Sub(&m.sum, new(big.Int).SetBytes(d[:])) }

// String is the hash of the set.
func (m *multiset) String() string {
	d := sha256.Sum256(slices.Concat([]byte{byte(m.sum.Sign())}, m.sum.Bytes()))
	return hex.EncodeToString(d[:])
}
