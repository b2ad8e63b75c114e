package engine_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// A push on old bases is not given the whole past of an item to read for each of
// them. It runs alone, because what the process allocates is how much was read.
func TestOldBasesAreFoundTogether(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { oldBases(onSQLite(t)) })
	t.Run("mariadb", func(t *testing.T) { oldBases(onMariaDB(t)) })
}

const (
	pastVersions = 70
	pastBytes    = 90_000
)

func oldBases(h *harness) {
	n := h.node()
	u := h.user("u")
	version := func(i int) string { return fmt.Sprintf("%q", fmt.Sprint(i, strings.Repeat("x", pastBytes))) }
	for i := range pastVersions {
		h.put(n, u, set("k", version(i+1)))
	}
	h.put(n, u, set("other", `1`))
	h.put(n, u, set("other", `2`))
	push := []protocol.Op{on(1, set("other", `0`))}
	for i := range 199 {
		push = append(push, on(int64(pastVersions-1-i%(pastVersions-1)), set("k", `0`)))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	results := h.write(n, u, push...)
	runtime.ReadMemStats(&after)
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 300 {
		h.Errorf("%d conflicts took %d MB to keep", len(push), mb)
	}
	kept := map[int64]bool{}
	for i, r := range results {
		h.is(r.Err, fault.VersionConflict)
		c, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
		h.ok(err)
		base := *push[i].Base // and the number of its row
		switch {
		case push[i].Key == "other":
			base = pastVersions + 1
		case base < pastVersions-63: // too far back
			base = 0
		}
		if c.BaseSeq != base {
			h.Errorf("the base %d of %s is at %d, found at %d", *push[i].Base, c.Key, base, c.BaseSeq)
		}
		kept[c.BaseSeq] = kept[c.BaseSeq] || c.BaseValue != nil
		if c.Key == "k" && c.BaseValue != nil && string(c.BaseValue) != version(int(base)) {
			h.Errorf("the base %d has the value %.9s", base, c.BaseValue)
		}
	}
	for base, has := range kept {
		if has != (base != 0) {
			h.Errorf("of the row %d a value is kept: %v", base, has)
		}
	}
}
