package engine

import (
	"tidemark/schema"
	"tidemark/store"
)

// counter is how far a field counts in a batch.
type counter struct {
	at    int64
	begun bool
	moved bool
}

// next counts a field of a table on, from start where nothing was counted yet. A number
// that was given to a write which is refused after all is not given again.
func (l *ledger) next(t *schema.Table, c *schema.Column, start int64) int64 {
	name := store.CounterName{Table: t.ID, Field: c.ID}
	n := l.counters[name]
	if n == nil {
		n = &counter{}
		var err error
		if n.at, n.begun, err = l.tx.Counter(l.head.TenantID, name); err != nil {
			l.fail(err)
		}
		l.counters[name] = n
	}
	if n.begun {
		n.at++
	} else {
		n.at, n.begun = start, true
	}
	n.moved = true
	return n.at
}

// writeCounters keeps how far the batch counted.
func (l *ledger) writeCounters(t *store.CommitTx) error {
	for name, n := range l.counters {
		if !n.moved {
			continue
		}
		if err := t.PutCounter(l.head.TenantID, name, n.at); err != nil {
			return err
		}
	}
	return nil
}
