package engine

import "tidemark/models"

// latest are the newest rows of a tenant's log, as its committer wrote them: what two
// devices change at about the same time need not be read again to be merged.
type latest struct {
	rows  []*models.Change // one after the other, the oldest first
	bytes int64            // what they take, about
}

// add takes over the rows of a committed batch, and forgets the oldest beyond the bound.
func (r *latest) add(rows []*models.Change) {
	if len(rows) == 0 {
		return
	}
	if n := len(r.rows); n > 0 && r.rows[n-1].Seq+1 != rows[0].Seq {
		*r = latest{}
	}
	r.rows = append(r.rows, rows...)
	for _, c := range rows {
		r.bytes += changeBytes(c)
	}
	old := 0
	for ; r.bytes > latestBytes; old++ {
		r.bytes -= changeBytes(r.rows[old])
	}
	clear(r.rows[:old])
	r.rows = r.rows[old:]
}

// at is the row with a sequence number; nil when it is not remembered.
func (r *latest) at(seq int64) *models.Change {
	if len(r.rows) == 0 {
		return nil
	}
	if i := seq - r.rows[0].Seq; i >= 0 && i < int64(len(r.rows)) {
		return r.rows[i]
	}
	return nil
}

// changeBytes is about what a row of the log takes in memory.
func changeBytes(c *models.Change) int64 {
	n := 512 + len(c.Value) + len(c.Stored) + len(c.Metadata) + len(c.Owner) + len(c.Collection) + len(c.Key) + len(c.Instance) + len(c.Address)
	for _, tag := range c.Tags {
		n += 16 + len(tag)
	}
	return int64(n)
}
