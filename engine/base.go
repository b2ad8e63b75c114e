package engine

import (
	"slices"

	"tidemark/engine/conflict"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of the search for the values conflicts began from: it happens under the head's lock.
const (
	baseSearch = 64      // versions one conflict looks back
	baseRows   = 4096    // rows of the log the conflicts of a batch look at together
	baseBytes  = 8 << 20 // bytes of base values kept with the conflicts of a batch
)

// look is how far back in the log a conflict has looked for its base.
type look struct {
	c   *models.Conflict
	seq int64
}

// findBases keeps with each conflict the value it began from, so that compaction
// cannot take it. All of them look back together, a version at a time, past
// values unread; what lies beyond the bounds is left out.
func (l *ledger) findBases(t *store.CommitTx) error {
	var looks []look
	for _, c := range l.conflicts {
		if c.BaseSeq == 0 && c.BaseValue == nil && c.BaseVersion > 0 && c.BaseVersion <= c.CurrentVersion {
			looks = append(looks, look{c, c.CurrentSeq})
		}
	}
	for step, read := 0, 0; len(looks) > 0 && step < baseSearch && read < baseRows; step++ {
		n, err := l.ancestors(t, looks)
		if err != nil {
			return err
		}
		read += n
		looks = slices.DeleteFunc(looks, func(k look) bool { return k.arrived(l.past[k.seq]) })
		for i := range looks {
			looks[i].seq = l.past[looks[i].seq].PrevSeq
		}
	}
	if err := l.baseValues(t); err != nil {
		return err
	}
	for _, c := range l.conflicts {
		if c.Fields == nil {
			c.Fields = conflict.Disputed(caseOf(c))
		}
	}
	return nil
}

// baseGone says of a conflict that what it began from is not kept any more.
func baseGone(c *models.Conflict) {
	if c.Kind == models.ConflictConcurrent || c.Kind == models.ConflictClock {
		c.Kind = models.ConflictBaseGone
	}
}

// keptBase is what a conflict began from, by the row of the log that made it or, where
// that is not kept, by what is kept with the conflict, and the version of the schema that it fits; nil when neither is.
func keptBase(c *models.Conflict, row *models.Change) (base *conflict.Side, at int64) {
	switch {
	case c.BaseVersion > 0 && row != nil:
		s := sideOfChange(row)
		return &s, row.Schema
	case c.BaseVersion > 0 && c.BaseValue == nil:
		return nil, 0
	}
	return caseOf(c).Base, c.Schema
}

// caseOf is a conflict as it was when it was kept.
func caseOf(c *models.Conflict) conflict.Case {
	out := conflict.Case{Current: currentOf(c), Incoming: incomingOf(c)}
	switch {
	case c.BaseVersion == 0:
		out.Base = &conflict.Side{}
	case c.BaseValue != nil || c.BaseSeq != 0:
		// of the base no more is kept; what stands is taken for the rest of it
		out.Base = &conflict.Side{Value: c.BaseValue, Metadata: c.BaseMetadata, Tags: c.CurrentTags, ExpiresAt: c.CurrentExpires, Priority: c.CurrentPriority, Opaque: c.BaseOpaque}
	}
	return out
}

// arrived says whether a look has come to its end: its base, or where that is no longer kept.
func (k look) arrived(at store.Ancestor) bool {
	switch {
	case at.Version == k.c.BaseVersion:
		k.c.BaseSeq = at.Seq
	case at.Version < k.c.BaseVersion:
		baseGone(k.c)
	}
	return at.Version <= k.c.BaseVersion
}

// ancestors reads those rows the looks have come to that none of them came to
// before, and says how many. One that is not kept has version 0.
func (l *ledger) ancestors(t *store.CommitTx, looks []look) (int, error) {
	var unread []int64
	for _, k := range looks {
		if _, known := l.past[k.seq]; !known {
			l.past[k.seq] = store.Ancestor{}
			unread = append(unread, k.seq)
		}
	}
	rows, err := t.Log().Ancestors(l.head.TenantID, unread)
	for _, a := range rows {
		l.past[a.Seq] = a
	}
	return len(unread), err
}

// baseValues gives the conflicts the values of their bases, each read once.
func (l *ledger) baseValues(t *store.CommitTx) error {
	values, left := map[int64]models.Change{}, baseBytes
	for _, c := range l.conflicts {
		if c.BaseSeq == 0 || c.BaseValue != nil || left <= 0 {
			continue
		}
		if _, read := values[c.BaseSeq]; !read {
			row, err := t.ChangeAt(c.TenantID, c.BaseSeq)
			if err != nil {
				return err
			}
			values[c.BaseSeq] = row
		}
		base := sideNow(l.tables.Of(c.Collection), conflict.Side{Value: values[c.BaseSeq].Value}, values[c.BaseSeq].Schema)
		c.BaseValue, c.BaseMetadata, c.BaseOpaque = base.Value, values[c.BaseSeq].Metadata, values[c.BaseSeq].Opaque
		left -= len(c.BaseValue) + len(c.BaseMetadata)
	}
	return nil
}
