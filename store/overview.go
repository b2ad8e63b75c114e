package store

import (
	"context"
	"slices"
	"strings"

	"tidemark/models"
)

// Overview is how a tenant is doing, for the console.
type Overview struct {
	Items         int64
	Users         int64
	Bytes         int64
	OpenConflicts int64
	Devices       int64
	Connected     int64
	Lagging       int64 // connected, and their mark below Behind
	Behind        int64 // where the log stood two minutes ago
	Head          models.Head
	PerMinute     []int64 // changes in each of the last 60 minutes, oldest first
}

const (
	overviewMinutes = 60
	lagMinutes      = 2 // a connected device lags that has not taken what is older
	minute          = int64(60_000)
	probesPerRound  = 480
	recentBytes     = 1 << 20
)

// Overview sums up a tenant as of now (ms). It stays cheap however long the log is.
func (s *Store) Overview(ctx context.Context, tenantID string, now int64) (Overview, error) {
	h, err := s.Head(ctx, tenantID)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{Head: h, Items: h.Usage.Items, Bytes: h.Usage.Bytes, Users: h.Usage.Users}
	borders, err := s.minutes(ctx, h, now)
	if err != nil {
		return o, s.fault(err)
	}
	o.PerMinute = changesBetween(borders)
	o.Behind = borders[overviewMinutes-lagMinutes]
	devices, err := s.DeviceCounts(ctx, tenantID, o.Behind)
	if err != nil {
		return o, err
	}
	o.Devices, o.Connected, o.Lagging = devices.All, devices.Connected, devices.Lagging
	o.OpenConflicts, err = s.OpenConflicts(ctx, tenantID, "")
	return o, err
}

// RecentChanges reads the newest rows of a tenant's log, newest first.
func (s *Store) RecentChanges(ctx context.Context, tenantID string, limit int) ([]models.Change, error) {
	rows, err := s.query(ctx, changeSelect+" WHERE tenant_id = ? ORDER BY seq DESC LIMIT ?", tenantID, limit)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := s.scanChanges(rows, recentBytes)
	return out, s.fault(err)
}

const activitySelect = "SELECT seq, owner, collection, item_key, op, version, size, instance, actor, door, at FROM changes"

func scanActivity(row scanner, c *models.Change) error {
	return row.Scan(&c.Seq, &c.Owner, &c.Collection, &c.Key, &c.Op, &c.Version, &c.Size, &c.Instance, &c.Actor, &c.Door, &c.At)
}

// ActivityQuery asks for the newest changes of a tenant.
type ActivityQuery struct {
	TenantID string
	Owner    string // empty: of all users
	After    int64  // above this sequence number
	Limit    int
}

// Activity reads the newest changes, newest first: what, where, by whom and when, and nothing of what they hold.
func (s *Store) Activity(ctx context.Context, q ActivityQuery) ([]models.Change, error) {
	text, args := activitySelect+" WHERE tenant_id = ?", []any{q.TenantID}
	if q.Owner != "" {
		text, args = activitySelect+s.dialect.byOwner+" WHERE tenant_id = ? AND owner = ?", append(args, q.Owner)
	}
	out, err := scanAll(s.read(ctx), scanActivity, text+" AND seq > ? ORDER BY seq DESC LIMIT ?", append(args, q.After, q.Limit)...)
	return out, s.fault(err)
}

// SeqAt is the last sequence number of a log that is not younger than a time (ms), or its floor.
func (s *Store) SeqAt(ctx context.Context, h models.Head, at int64) (int64, error) {
	seqs, err := s.seqsAt(ctx, h, []int64{at})
	if err != nil {
		return 0, s.fault(err)
	}
	return seqs[0], nil
}

// minutes are where the log stood at the borders of the last minutes, oldest first.
func (s *Store) minutes(ctx context.Context, h models.Head, now int64) ([]int64, error) {
	borders := make([]int64, overviewMinutes+1)
	for i := range borders {
		borders[i] = now - int64(overviewMinutes-i)*minute
	}
	return s.seqsAt(ctx, h, borders)
}

// changesBetween counts changes without reading them: above the floor the log has no
// holes, so the difference of two sequence numbers is the number of changes between.
func changesBetween(seqs []int64) []int64 {
	out := make([]int64, len(seqs)-1)
	for i := range out {
		out[i] = max(seqs[i+1]-seqs[i], 0)
	}
	return out
}

// span is where a border lies: after lo, which is older than it or of its time, and before hi, which is younger.
type span struct{ lo, hi int64 }

// seqsAt finds for each time the last sequence number not younger than it, for all
// of them together, cutting every span into many at each round.
func (s *Store) seqsAt(ctx context.Context, h models.Head, times []int64) ([]int64, error) {
	spans := make([]span, len(times))
	for i := range spans {
		spans[i] = span{h.Floor, h.Seq + 1}
	}
	for {
		probes := probesOf(spans)
		if len(probes) == 0 {
			break
		}
		at, err := s.timesOf(ctx, h.TenantID, probes)
		if err != nil {
			return nil, err
		}
		for i, t := range times {
			spans[i].narrow(probes, at, t)
		}
	}
	out := make([]int64, len(spans))
	for i, sp := range spans {
		out[i] = sp.lo
	}
	return out, nil
}

// probesOf spreads a round's probes over the spans that are still open, in order.
func probesOf(spans []span) []int64 {
	open := slices.DeleteFunc(slices.Compact(slices.Clone(spans)), func(sp span) bool { return sp.hi-sp.lo < 2 })
	if len(open) == 0 {
		return nil
	}
	each := int64(max(probesPerRound/len(open), 1))
	var out []int64
	for _, sp := range open {
		step := (sp.hi - sp.lo + each) / (each + 1)
		for seq := sp.lo + max(step, 1); seq < sp.hi; seq += max(step, 1) {
			out = append(out, seq)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// narrow closes a span around the border at time t. A probe without a row was compacted, so it is old.
func (sp *span) narrow(probes []int64, at map[int64]int64, t int64) {
	for _, seq := range probes {
		if seq <= sp.lo || seq >= sp.hi {
			continue
		}
		if at[seq] > t {
			sp.hi = seq
			return
		}
		sp.lo = seq
	}
}

func (s *Store) timesOf(ctx context.Context, tenantID string, seqs []int64) (map[int64]int64, error) {
	args := []any{tenantID}
	for _, seq := range seqs {
		args = append(args, seq)
	}
	rows, err := s.rdb.QueryContext(ctx, "SELECT seq, at FROM changes WHERE tenant_id = ? AND seq IN (?"+strings.Repeat(",?", len(seqs)-1)+")", args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	at := make(map[int64]int64, len(seqs))
	for rows.Next() {
		var seq, when int64
		if err := rows.Scan(&seq, &when); err != nil {
			return nil, err
		}
		at[seq] = when
	}
	return at, rows.Err()
}
