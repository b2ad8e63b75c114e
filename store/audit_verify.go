package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	auditPage     = 1000
	auditProblems = 100 // that are told of a chain
	auditRestarts = 10  // because retention cut the chain meanwhile
)

// What can be wrong with a chain.
const (
	AuditChanged  = "changed"  // an entry is not what was written
	AuditRemoved  = "removed"  // entries are missing
	AuditInserted = "inserted" // an entry was never added by Tidemark
	AuditMoved    = "moved"    // an entry stands in the place of another
	AuditHeadLost = "head"     // the head is missing, or not ours
	AuditCutLost  = "cut"      // what retention took away is not accounted for
)

// AuditProblem is something that is wrong with a chain.
type AuditProblem struct {
	Kind string `json:"kind"`
	Seq  int64  `json:"seq"`          // where; 0: not at an entry of the chain
	ID   string `json:"id,omitempty"` // of the entry
	Text string `json:"text"`         // for a person
}

// AuditVerdict is what came of walking a chain.
type AuditVerdict struct {
	TenantID string            `json:"tenantId"` // empty: the installation
	Seq      int64             `json:"seq"`      // of the last entry
	Hash     []byte            `json:"hash"`
	Entries  int64             `json:"entries"` // that were walked
	Older    int64             `json:"older"`   // entries from before there were chains
	Cuts     []models.AuditCut `json:"-"`
	Vouched  bool              `json:"vouched"` // the head carries the code of a secret that is known here
	Problems []AuditProblem    `json:"problems"`
	More     int64             `json:"more"` // further problems that are not told
	Took     time.Duration     `json:"-"`
}

// Whole says that nothing is wrong.
func (v *AuditVerdict) Whole() bool { return len(v.Problems) == 0 }

func (v *AuditVerdict) note(kind string, seq int64, id, format string, args ...any) {
	if len(v.Problems) >= auditProblems {
		v.More++
		return
	}
	v.Problems = append(v.Problems, AuditProblem{Kind: kind, Seq: seq, ID: id, Text: fmt.Sprintf(format, args...)})
}

// AuditChains lists whose chains there are or must be: the installation's first (empty), then those of
// tenants by id, also of those that were deleted.
func (s *Store) AuditChains(ctx context.Context) ([]string, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) },
		"SELECT '' UNION SELECT tenant_id FROM audit_heads UNION SELECT id FROM tenants UNION SELECT tenant_id FROM audit_entries UNION SELECT object FROM audit_entries WHERE tenant_id = '' AND action = 'tenant.deleted' ORDER BY 1")
	return out, s.fault(err)
}

// AuditHead reads the end of a chain; one that never began is `not_found`.
func (s *Store) AuditHead(ctx context.Context, tenantID string) (models.AuditHead, error) {
	h, err := scanOne(s.read(ctx), scanAuditHead, auditHeadSelect+" WHERE tenant_id = ?", tenantID)
	return h, s.fault(err)
}

// VerifyAudit walks a chain from its beginning, or from where retention cut it, to its head, and says
// what is wrong with it. It holds no lock, so entries may be added meanwhile. From time to time it tells
// how many entries it has walked; an error of progress ends it.
func (s *Store) VerifyAudit(ctx context.Context, tenantID string, progress func(walked int64) error) (v AuditVerdict, err error) {
	began := s.clock.Now()
	for range auditRestarts {
		w := auditWalk{s: s, ctx: ctx, tell: progress, verdict: AuditVerdict{TenantID: tenantID, Problems: []AuditProblem{}}}
		again, err := w.run()
		if err != nil || !again {
			w.verdict.Took = s.clock.Now().Sub(began)
			return w.verdict, err
		}
	}
	return v, fault.New(fault.Unavailable, "Retention cut the chain again and again while it was walked. Try later.").After(time.Second)
}

// auditWalk is one walk along a chain.
type auditWalk struct {
	s       *Store
	ctx     context.Context
	tell    func(int64) error
	verdict AuditVerdict
	head    models.AuditHead
	link    AuditLinks
}

func (w *auditWalk) run() (again bool, err error) {
	v := &w.verdict
	if w.head, err = w.s.AuditHead(w.ctx, v.TenantID); fault.Is(err, fault.NotFound) {
		return false, w.headless()
	}
	if err != nil {
		return false, err
	}
	begin := w.head
	w.link = AuditLinks{TenantID: v.TenantID, Seq: begin.Cut, Hash: begin.CutHash}
	if err := w.checkCuts(); err != nil {
		return false, err
	}
	if err := w.entries(); err != nil {
		return false, err
	}
	if w.head.Cut != begin.Cut || w.head.OlderCut != begin.OlderCut {
		return true, nil
	}
	w.checkHead()
	v.Problems, v.More = append(v.Problems, w.link.Problems()...), v.More+w.link.more
	if err := w.checkOlder(); err != nil {
		return false, err
	}
	slices.SortStableFunc(v.Problems, func(a, b AuditProblem) int { return int(min(max(a.Seq-b.Seq, -1), 1)) })
	v.Seq, v.Hash, v.Entries = w.head.Seq, w.head.Hash, w.link.Walked
	return false, nil
}

// headless is what is left of a chain without its head.
func (w *auditWalk) headless() error {
	var n int64
	err := w.s.read(w.ctx).Raw("SELECT COUNT(*) FROM audit_entries WHERE tenant_id = ?", w.verdict.TenantID).Row().Scan(&n)
	w.verdict.note(AuditHeadLost, 0, "", "the head of the chain is missing, so nothing can be said of %d entries", n)
	return w.s.fault(err)
}

// entries walks along until the head is reached, wherever it is by then.
func (w *auditWalk) entries() error {
	for {
		page, err := scanAll(w.s.read(w.ctx), scanAudit, auditSelect+" WHERE tenant_id = ? AND chain_seq > ? ORDER BY chain_seq LIMIT ?", w.verdict.TenantID, w.link.Seq, auditPage)
		if err != nil {
			return w.s.fault(err)
		}
		for i := range page {
			w.link.Add(&page[i])
		}
		if w.tell != nil {
			if err := w.tell(w.link.Walked); err != nil {
				return err
			}
		}
		if len(page) == auditPage {
			continue
		}
		before := w.head.Seq
		if w.head, err = w.s.AuditHead(w.ctx, w.verdict.TenantID); err != nil {
			return err
		}
		if w.head.Seq == before && (len(page) == 0 || w.link.Seq >= before) {
			return nil
		}
	}
}

// checkHead holds the end of the walk against the head.
func (w *auditWalk) checkHead() {
	v, h := &w.verdict, &w.head
	v.Vouched = len(w.s.auditKeys) > 0 && w.s.vouched(h.Mac, h.MacBy)
	switch {
	case h.Seq > w.link.Seq:
		v.note(AuditRemoved, w.link.Seq+1, "", "%s missing at the end of the chain, up to %d, where its head is", entriesAre(h.Seq-w.link.Seq), h.Seq)
	case h.Seq < w.link.Seq:
		v.note(AuditHeadLost, h.Seq, "", "the head is at %d, but there are entries up to %d: either it was put back or they were not added by Tidemark", h.Seq, w.link.Seq)
	case !bytes.Equal(h.Hash, w.link.Hash):
		v.note(AuditHeadLost, h.Seq, "", "the last entry is not the one that the head names: one of the two was changed")
	}
	if len(w.s.auditKeys) > 0 && !v.Vouched {
		v.note(AuditHeadLost, h.Seq, "", "the head was not written with the secret of this installation: it was changed, or SEAL_SECRET was")
	}
	if h.Suspect > 0 {
		v.note(AuditHeadLost, h.Suspect, "", "when entry %d was added, the head before it was not one written with the secret of this installation", h.Suspect)
	}
}

func (w *auditWalk) checkCuts() (err error) {
	v, h := &w.verdict, &w.head
	if v.Cuts, err = w.s.AuditCuts(w.ctx, v.TenantID); err != nil {
		return err
	}
	next, hash := int64(1), []byte(nil)
	for i := range v.Cuts {
		c := &v.Cuts[i]
		if !w.s.vouched(c.Mac, c.MacBy) {
			v.note(AuditCutLost, c.UpTo, "", "the note that retention took entries up to %d away was not written with the secret of this installation", c.UpTo)
		}
		if c.From == 0 {
			continue
		}
		if c.From != next {
			v.note(AuditCutLost, next, "", "the note that retention took entries %d to %d away is missing", next, c.From-1)
		}
		next, hash = c.UpTo+1, c.Hash
	}
	if next-1 != h.Cut || !bytes.Equal(hash, h.CutHash) {
		v.note(AuditCutLost, h.Cut, "", "retention took entries up to %d away as its notes have it, and up to %d as the head has it", next-1, h.Cut)
	}
	var n int64
	err = w.s.read(w.ctx).Raw("SELECT COUNT(*) FROM audit_entries WHERE tenant_id = ? AND chain_seq <= ?", v.TenantID, h.Cut).Row().Scan(&n)
	if n > 0 {
		v.note(AuditInserted, h.Cut, "", "%s in the chain where retention took everything away, up to %d", entriesAre(n), h.Cut)
	}
	return w.s.fault(err)
}

// checkOlder looks at what is older than the chain: only the whole of it can be told.
func (w *auditWalk) checkOlder() error {
	v, h := &w.verdict, &w.head
	n, hash, err := w.s.olderAudit(w.ctx, v.TenantID)
	v.Older = n
	switch {
	case err != nil:
	case h.OlderCut != 0 && n > h.Older, h.OlderCut == 0 && n > h.Older:
		v.note(AuditInserted, 0, "", "%s outside the chain, where %d were", entriesAre(n), h.Older)
	case h.OlderCut != 0:
	case n < h.Older:
		v.note(AuditRemoved, 0, "", "%d of the %d entries from before the chain are missing", h.Older-n, h.Older)
	case !bytes.Equal(hash, h.OlderHash):
		v.note(AuditChanged, 0, "", "of the %d entries from before the chain at least one is not what it was", n)
	}
	return err
}

func entriesAre(n int64) string {
	if n == 1 {
		return "1 entry is"
	}
	return fmt.Sprintf("%d entries are", n)
}

// auditDay is the day (UTC) of a moment, by which cuts are noted.
func auditDay(ms int64) int64 { return ms / (24 * time.Hour).Milliseconds() }

// auditNow is the present in ms.
func (s *Store) auditNow() int64 { return clock.Millis(s.clock) }
