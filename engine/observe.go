package engine

import (
	"time"

	"tidemark/models"
)

// Commit is what one transaction did, for metrics.
type Commit struct {
	Operations int
	Took       time.Duration     // since its batch was taken from the queue, repeats included
	Conflicts  []models.Strategy // that settled the conflicts kept, one for each; StrategyNone: a person will
}

// observed tells the observer, if there is one, of a committed batch.
func (e *Engine) observed(ledgers []*ledger, began time.Time) {
	if e.observe == nil {
		return
	}
	c := Commit{Took: e.clock.Now().Sub(began)}
	for _, l := range ledgers {
		for _, u := range l.units {
			c.Operations += len(u.ops)
		}
		for _, k := range l.conflicts {
			c.Conflicts = append(c.Conflicts, k.Strategy)
		}
	}
	e.observe(c)
}
