package engine

import (
	"bytes"
	"testing"

	"tidemark/models"
)

// The newest rows are found by their number, within the bound, and none of before a gap.
func TestTheNewestRowsAreRemembered(t *testing.T) {
	rows := func(first, n int64, size int) (out []*models.Change) {
		for seq := first; seq < first+n; seq++ {
			out = append(out, &models.Change{Seq: seq, Value: bytes.Repeat([]byte{'x'}, size)})
		}
		return out
	}
	var r latest
	r.add(nil)
	r.add(rows(5, 3, 10))
	r.add(rows(8, 1, 10))
	for seq := int64(3); seq < 11; seq++ {
		if c, want := r.at(seq), seq >= 5 && seq < 9; (c != nil) != want || want && c.Seq != seq {
			t.Errorf("%d: %+v", seq, c)
		}
	}
	r.add(rows(20, 2, 10))
	if r.at(8) != nil || r.at(20) == nil || r.bytes != 2*changeBytes(r.at(20)) {
		t.Errorf("after a gap: %+v", r)
	}
	r.add(rows(22, 100, latestBytes/50))
	if r.at(20) != nil || r.at(60) != nil || r.at(121) == nil || r.bytes > latestBytes || r.bytes < latestBytes/2 {
		t.Errorf("%d rows take %d bytes", len(r.rows), r.bytes)
	}
	r.add(rows(122, 1, latestBytes))
	if len(r.rows) != 0 || r.bytes != 0 {
		t.Errorf("%d rows take %d bytes", len(r.rows), r.bytes)
	}
}
