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
	Head          models.Head
	PerMinute     []int64 // changes in each of the last 60 minutes, oldest first
}

const (
	overviewMinutes = 60
	minute          = int64(60_000)
	probesPerRound  = 480
	recentBytes     = 1 << 20
)

// Overview sums up a tenant as of now (ms). It stays cheap however long the log is.
func (s *Store) Overview(ctx context.Context, tenantID string, now int64) (Overview, error) {
	var o Overview
	err := s.read(ctx).Raw(`SELECT
(SELECT COALESCE(SUM(items), 0) FROM users WHERE tenant_id = ?),
(SELECT COALESCE(SUM(bytes), 0) FROM users WHERE tenant_id = ?),
(SELECT COUNT(*) FROM users WHERE tenant_id = ?),
(SELECT COUNT(*) FROM conflicts WHERE tenant_id = ? AND status = 'open'),
(SELECT COUNT(*) FROM instances WHERE tenant_id = ?),
(SELECT COUNT(*) FROM instances WHERE tenant_id = ? AND conn_id <> 0)`,
		tenantID, tenantID, tenantID, tenantID, tenantID, tenantID).
		Row().Scan(&o.Items, &o.Bytes, &o.Users, &o.OpenConflicts, &o.Devices, &o.Connected)
	if err != nil {
		return o, s.fault(err)
	}
	if o.Head, err = s.Head(ctx, tenantID); err != nil {
		return o, err
	}
	o.PerMinute, err = s.perMinute(ctx, o.Head, now)
	return o, s.fault(err)
}

// RecentChanges reads the newest rows of a tenant's log, newest first.
func (s *Store) RecentChanges(ctx context.Context, tenantID string, limit int) ([]models.Change, error) {
	rows, err := s.query(ctx, changeSelect+" WHERE tenant_id = ? ORDER BY seq DESC LIMIT ?", tenantID, limit)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := scanChanges(rows, recentBytes)
	return out, s.fault(err)
}

// perMinute counts changes without reading them: above the floor the log has no
// holes, so the difference of two sequence numbers is the number of changes between.
func (s *Store) perMinute(ctx context.Context, h models.Head, now int64) ([]int64, error) {
	borders := make([]int64, overviewMinutes+1)
	for i := range borders {
		borders[i] = now - int64(overviewMinutes-i)*minute
	}
	seqs, err := s.seqsAt(ctx, h, borders)
	if err != nil {
		return nil, err
	}
	out := make([]int64, overviewMinutes)
	for i := range out {
		out[i] = max(seqs[i+1]-seqs[i], 0)
	}
	return out, nil
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
