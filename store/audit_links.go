package store

import (
	"bytes"
	"slices"

	"tidemark/models"
)

const auditDoubts = 48 // entries that do not fit, held against each other to tell a changed one from a moved one

// AuditLinks holds the entries of a chain against each other, one after the other. Its zero value begins
// at the beginning of a chain; with Seq and Hash it begins behind an entry. It is not safe for concurrent use.
type AuditLinks struct {
	TenantID string
	Seq      int64  // the last entry that was added
	Hash     []byte // its hash, as it stands there
	Walked   int64

	verdict AuditVerdict
	doubts  []doubt
	more    int64
}

// doubt is an entry that does not follow from the one before it.
type doubt struct {
	entry  models.AuditEntry
	former []byte
}

// Add takes the next entry.
func (l *AuditLinks) Add(e *models.AuditEntry) {
	l.Walked++
	gap := e.Seq != l.Seq+1
	switch {
	case gap && e.Seq <= l.Seq:
		l.verdict.note(AuditInserted, e.Seq, e.ID, "there is a second entry %d", e.Seq)
		return
	case gap:
		l.verdict.note(AuditRemoved, l.Seq+1, "", "%s missing: %d to %d", entriesAre(e.Seq-l.Seq-1), l.Seq+1, e.Seq-1)
	case !bytes.Equal(e.HashAfter(l.Hash), e.Hash):
		l.doubt(e)
	}
	l.Seq, l.Hash = e.Seq, e.Hash
}

func (l *AuditLinks) doubt(e *models.AuditEntry) {
	if len(l.doubts) >= auditDoubts {
		l.more++
		return
	}
	l.doubts = append(l.doubts, doubt{entry: *e, former: l.Hash})
}

// Problems is what is wrong with the entries so far.
func (l *AuditLinks) Problems() []AuditProblem {
	v := AuditVerdict{Problems: slices.Clone(l.verdict.Problems)}
	for i := range l.doubts {
		d := &l.doubts[i]
		switch was := l.placeOf(&d.entry); was {
		case d.entry.Seq: // it follows from what stood before it: that was changed
		case 0:
			v.note(AuditChanged, d.entry.Seq, d.entry.ID, "entry %d is not what was written, or the one before it was changed with its hash", d.entry.Seq)
		default:
			v.note(AuditMoved, d.entry.Seq, d.entry.ID, "entry %d stands in the place of entry %d", was, d.entry.Seq)
		}
	}
	l.more += l.verdict.More + v.More
	return v.Problems
}

// placeOf finds where an entry was written, among the places of those that do not fit; 0: at none.
func (l *AuditLinks) placeOf(e *models.AuditEntry) int64 {
	for i := range l.doubts {
		at := *e
		at.Seq = l.doubts[i].entry.Seq
		for k := range l.doubts {
			d := &l.doubts[k]
			if bytes.Equal(at.HashAfter(d.former), e.Hash) || bytes.Equal(at.HashAfter(d.entry.Hash), e.Hash) {
				return at.Seq
			}
		}
	}
	return 0
}
