package e2e

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// TestSoakAcknowledgedWritesSurviveKills kills the server, without warning, again and again under six writers.
func TestSoakAcknowledgedWritesSurviveKills(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		h.torment(t, soak(5, 50), func() {
			h.Kill()
			h.Start()
		})
	})
}

// TestSoakAcknowledgedWritesSurviveKillsOfTheDatabase kills MariaDB instead; the server stays.
func TestSoakAcknowledgedWritesSurviveKillsOfTheDatabase(t *testing.T) {
	t.Parallel()
	db := testkit.StartMariaDB(t)
	h := open(t, "DATABASE_URL="+db.Create(t).URL())
	h.torment(t, soak(2, 15), func() {
		if err := db.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := db.Start(); err != nil {
			t.Fatal(err)
		}
	})
}

func (h *house) torment(t *testing.T, times int, blow func()) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var l ledger
	var wg sync.WaitGroup
	for _, w := range sixWriters(h, "crash", h.URL) {
		wg.Go(func() { w.run(ctx, t, &l) })
	}
	for range times {
		before := l.count()
		testkit.Eventually(t, 30*time.Second, "the writers go on", func() bool { return l.count() > before+50 })
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // wherever it hits
		blow()
	}
	stop()
	wg.Wait()
	head := h.verify()
	l.audit(t, h.as("crash", ""), head)
	t.Logf("%d kills, %d acknowledged writes, %d in the log", times, l.count(), head)
}
