package health

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/store"
)

func TestTheDiskThatCountsIsTheOneWrittenTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, dataDir, want string }{
		{"data/tidemark.db", "data", "data"},
		{"/srv/db/tidemark.db", "data", "/srv/db"},
		{"", "/var/lib/tidemark", "/var/lib/tidemark"}, // on MariaDB
	} {
		if got := keptIn(c.file, c.dataDir); got != c.want {
			t.Errorf("%q and %q: got %q, want %q", c.file, c.dataDir, got, c.want)
		}
	}
}

func TestAnAnswerIsKeptForASecondAndAStopIsSaid(t *testing.T) {
	t.Parallel()
	at := clock.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	s, err := store.Open(t.Context(), store.Options{SQLite: filepath.Join(t.TempDir(), "t.db"), Clock: at})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	h := New(Options{Store: s, Clock: at, Version: "1.2.3"})
	first := h.Examine(t.Context())
	if !first.Well || len(first.Reports) != 4 || first.Reports[0].About["version"] != "1.2.3" {
		t.Fatalf("%+v", first)
	}
	h.Stop()
	at.Advance(999 * time.Millisecond)
	if a := h.Examine(t.Context()); !a.Well || !a.At.Equal(first.At) {
		t.Errorf("asked anew within a second: %+v", a)
	}
	at.Advance(time.Millisecond)
	if a := h.Examine(t.Context()); a.Well || a.Reports[0].Well || !strings.Contains(a.Reports[0].Message, "stopping") || a.Reports[0].About != nil {
		t.Errorf("a stop is not said: %+v", a)
	}
}
