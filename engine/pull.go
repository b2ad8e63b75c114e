package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	maxWait     = 30_000 // ms a pull may wait
	scanStretch = 5000   // rows a filtered pull looks at before it answers what it has
)

// Pull reads the log after a cursor: `malformed` for garbage, `cursor_expired`
// for one no longer good. Filters never stop the cursor.
func (e *Engine) Pull(ctx context.Context, c models.Caller, q PullQuery) (PullPage, error) {
	limit, err := pageLimit(q.Limit, pullLimit, pullMax)
	if err != nil {
		return PullPage{}, err
	}
	if q.Wait < 0 || q.Wait > maxWait {
		return PullPage{}, fault.OfField("wait", "range", "must be 0 to %d ms.", maxWait)
	}
	ring, leave := e.hub.bell(c.TenantID, q.Wait > 0)
	defer leave()
	timer := time.NewTimer(time.Duration(q.Wait) * time.Millisecond)
	defer timer.Stop()
	for {
		page, err := e.pull(ctx, c, q, limit)
		if err != nil || len(page.Events) > 0 || page.HasMore || q.Wait == 0 {
			return page, err
		}
		q.Since = page.Cursor
		select {
		case <-ring():
		case <-timer.C:
			return page, nil
		case <-ctx.Done():
			return page, nil
		}
	}
}

// pull reads one page: the head first, then rows up to it, then the floor, so
// that compaction in between is noticed. Below the floor only who began at the
// beginning may read on, and only while no tombstone is purged, which it would miss.
func (e *Engine) pull(ctx context.Context, c models.Caller, q PullQuery, limit int) (PullPage, error) {
	h, r, err := e.head(ctx, c.TenantID)
	if err != nil {
		return PullPage{}, err
	}
	scope := scopeOf(c, q.Collections, q.Prefix)
	at := cursor{kind: kindPull, fresh: h.Purges + 1, scope: scope}
	if q.Since != "" {
		if at, err = e.sealer.open(q.Since, kindPull, r); err != nil {
			return PullPage{}, err
		}
		if at.scope != scope {
			return PullPage{}, expired("scope")
		}
		if at.seq > h.Seq {
			return PullPage{}, expired("epoch")
		}
	}
	rows, last, more, err := e.scan(ctx, c, q, stretch{at.seq, h.Seq, limit, h.Schema > noTables})
	if err != nil {
		return PullPage{}, err
	}
	after, _, err := e.head(ctx, c.TenantID)
	if err != nil {
		return PullPage{}, err
	}
	if at.seq < after.Floor && at.fresh != after.Purges+1 {
		return PullPage{}, expired("horizon")
	}
	if last >= after.Floor {
		at.fresh = 0
	}
	at.seq = last
	return PullPage{Events: rows, Cursor: e.sealer.seal(r, at), HasMore: more, Epoch: h.Epoch}, nil
}

// stretch is a part of the log to be read: rows above from and up to upTo, at most so many; shared says that some may be everybody's.
type stretch struct {
	from, upTo int64
	limit      int
	shared     bool
}

// scan reads rows in (from, upTo] that pass the filter, and says where it ended
// and whether there is more. Without a filter on keys the index finds the
// owner's rows; with one it looks at a bounded stretch.
func (e *Engine) scan(ctx context.Context, c models.Caller, q PullQuery, st stretch) (out []models.Change, last int64, more bool, err error) {
	from, upTo, limit, shared := st.from, st.upTo, st.limit, st.shared
	filtered := len(q.Collections) > 0 || q.Prefix != "" || c.Reads != nil
	for looked := 0; ; {
		rows, full, err := e.page(ctx, store.LogQuery{TenantID: c.TenantID, Owner: ownerOf(c), Shared: shared, After: from, UpTo: upTo, Limit: limit, MaxBytes: e.limits.MaxBatchBytes})
		if err != nil {
			return nil, 0, false, err
		}
		looked += len(rows)
		last = upTo
		if full {
			last = rows[len(rows)-1].Seq
		}
		rows = pass(c, rows, q)
		if err := e.showChanges(ctx, &c, rows); err != nil {
			return nil, 0, false, err
		}
		out = append(out, rows...)
		if !full {
			return out, upTo, false, nil
		}
		from = last
		if !filtered || len(out) > 0 || looked >= scanStretch {
			return out, from, from < upTo, nil
		}
	}
}

// page reads rows of the log and on to the end of the transaction the last
// belongs to; full says there may be more.
func (e *Engine) page(ctx context.Context, q store.LogQuery) (rows []models.Change, full bool, err error) {
	rows, err = e.store.Changes(ctx, q)
	if err != nil {
		return nil, false, err
	}
	full = len(rows) == q.Limit || valueBytes(rows) >= q.MaxBytes
	if !full || rows[len(rows)-1].TxLast {
		return rows, full, nil
	}
	q.After, q.Limit, q.MaxBytes = rows[len(rows)-1].Seq, e.limits.MaxBatchOps, 0
	rest, err := e.store.Changes(ctx, q)
	if err != nil {
		return nil, false, err
	}
	for i := range rest {
		rows = append(rows, rest[i])
		if rest[i].TxLast {
			break
		}
	}
	return rows, true, nil
}

func valueBytes(rows []models.Change) (n int64) {
	for i := range rows {
		n += int64(len(rows[i].Value) + len(rows[i].Metadata))
	}
	return n
}

func pass(caller models.Caller, rows []models.Change, q PullQuery) []models.Change {
	if len(q.Collections) == 0 && q.Prefix == "" && caller.Reads == nil {
		return rows
	}
	return slices.DeleteFunc(rows, func(c models.Change) bool {
		return !strings.HasPrefix(c.Key, q.Prefix) || len(q.Collections) > 0 && !slices.Contains(q.Collections, c.Collection) ||
			!readable(&caller, c.Collection, c.Key)
	})
}
