package console

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/activity"
)

// reelOver is a reel over a store with a tenant, that has looked at its empty log and now is told of batches.
func reelOver(t *testing.T, fl activity.Filter, batches ...engine.WatchBatch) (*reel, *clock.Manual) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tenant, err := s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	ch := make(chan engine.WatchBatch, len(batches)+1)
	for _, b := range batches {
		ch <- b
	}
	c := clock.At(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	console := &Console{opt: Options{Clock: c, Store: s}, reels: map[reelName]*reel{}}
	r := console.reelOf(reelName{tenant: tenant.ID, slug: "acme", filter: fl})
	r.begun, r.changes, r.cancel = true, ch, func() {}
	return r, c
}

func changesFrom(first, n int64) []models.Change {
	var out []models.Change
	for seq := first; seq < first+n; seq++ {
		out = append(out, models.Change{Seq: seq, Key: "k" + strconv.FormatInt(seq, 10), Op: models.ChangeSet, Version: 1})
	}
	return out
}

// pulled is what a page is sent, and where it stands then.
func pulled(t *testing.T, r *reel, seq int64) (string, int64) {
	t.Helper()
	e, upTo, err := r.after(context.Background(), seq)
	if err != nil {
		t.Fatal(err)
	}
	if e == nil {
		return "", upTo
	}
	return string(e.text), upTo
}

func TestAFloodBecomesOneEventWithTheNewestAndACount(t *testing.T) {
	t.Parallel()
	r, _ := reelOver(t, activity.Filter{}, engine.WatchBatch{Changes: changesFrom(1, 600)}, engine.WatchBatch{Changes: changesFrom(601, 600)})
	html, upTo := pulled(t, r, 0)
	if upTo != 1200 || !strings.Contains(html, "id: 1200\n") {
		t.Fatalf("up to %d", upTo)
	}
	if got := strings.Count(html, `id="c-`); got != activityRows {
		t.Errorf("%d rows", got)
	}
	if !strings.Contains(html, "1,160 more changes") || strings.Index(html, "c-1200") > strings.Index(html, "c-1199") {
		t.Errorf("newest first, and the rest counted: %s", html)
	}
	if html, upTo := pulled(t, r, 1200); html != "" || upTo != 1200 {
		t.Errorf("after that there is nothing: %s", html)
	}
}

func TestManyPagesAreSentOneRendering(t *testing.T) {
	t.Parallel()
	r, c := reelOver(t, activity.Filter{})
	ch := make(chan engine.WatchBatch, 3)
	r.changes = ch
	ch <- engine.WatchBatch{Changes: changesFrom(1, 3)}
	first, _, err := r.after(t.Context(), 0)
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	for range 9 {
		if again, _, err := r.after(t.Context(), 0); again != first || err != nil {
			t.Error("it was rendered anew")
		}
	}
	ch <- engine.WatchBatch{Changes: changesFrom(4, 1)}
	if e, _, _ := r.after(t.Context(), 3); e != nil {
		t.Errorf("within the same tick: %s", e.text)
	}
	c.Advance(time.Second)
	if html, upTo := pulled(t, r, 3); upTo != 4 || strings.Count(html, `id="c-`) != 1 {
		t.Errorf("a tick later, up to %d: %s", upTo, html)
	}
	if html, upTo := pulled(t, r, 0); upTo != 4 || strings.Count(html, `id="c-`) != 4 || strings.Count(html, "event: changes\n") != 2 {
		t.Errorf("one that is a tick behind is sent both, up to %d: %s", upTo, html)
	}
}

func TestWhatDoesNotFitTheFilterIsPassedOver(t *testing.T) {
	t.Parallel()
	r, _ := reelOver(t, activity.Filter{Prefix: "x"}, engine.WatchBatch{Changes: changesFrom(1, 600)})
	if html, upTo := pulled(t, r, 0); html != "" || upTo != 600 {
		t.Errorf("up to %d: %s", upTo, html)
	}
	if html, upTo := pulled(t, r, 300); html != "" || upTo != 600 {
		t.Errorf("from within, up to %d: %s", upTo, html)
	}
}

func TestWhatTheWatchWasTooSlowForComesFromTheLog(t *testing.T) {
	t.Parallel()
	r, _ := reelOver(t, activity.Filter{Prefix: "k"}, engine.WatchBatch{Changes: changesFrom(1, 1)}, engine.WatchBatch{Changes: changesFrom(5, 1), Dropped: 3})
	err := r.console.opt.Store.Commit(t.Context(), func(tx *store.CommitTx) error {
		var rows []*models.Change
		for _, ch := range changesFrom(1, 5) {
			ch.TenantID, ch.Owner, ch.Collection, ch.Value, ch.TxLast = r.name.tenant, "u", models.Storage, []byte("1"), true
			rows = append(rows, &ch)
		}
		return tx.InsertChanges(rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	if html, upTo := pulled(t, r, 0); upTo != 5 || strings.Count(html, `id="c-`) != 5 || strings.Contains(html, `id="gap-`) {
		t.Errorf("up to %d: %s", upTo, html)
	}
}

func TestAReelEndsWithItsLastPage(t *testing.T) {
	t.Parallel()
	r, _ := reelOver(t, activity.Filter{})
	ended := false
	r.cancel = func() { ended = true }
	if r.console.reelOf(r.name) != r {
		t.Error("a second page has a reel of its own")
	}
	r.leave()
	if ended {
		t.Error("it ended with the first page that left")
	}
	r.leave()
	if !ended || len(r.console.reels) != 0 {
		t.Error("it goes on without pages")
	}
}

func TestTheFilterLooksAtKeyUserAndDevice(t *testing.T) {
	t.Parallel()
	ch := models.Change{Key: "Work/1", Owner: "dana", Instance: "Tablet-7", Op: models.ChangeRemove, Door: models.DoorSocketIO}
	for text, want := range map[string]bool{"": true, "work": true, "DANA": true, "tablet": true, "luis": false} {
		if got := passes(&ch, activity.Filter{Text: text}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for fl, want := range map[activity.Filter]bool{
		{Op: "set"}: false, {Op: "remove"}: true, {User: "dana"}: true, {User: "Dana"}: false, {Device: "Tablet-7"}: true, {Device: "Tablet"}: false,
		{Door: "socket.io"}: true, {Door: "rest"}: false, {Prefix: "Work/"}: true, {Prefix: "work"}: false, {User: "dana", Prefix: "x"}: false,
	} {
		if got := passes(&ch, fl); got != want {
			t.Errorf("%+v: %v", fl, got)
		}
	}
}

func TestARowLeadsToItsItemAndItsDevice(t *testing.T) {
	t.Parallel()
	ch := models.Change{Key: "a/b c", Owner: "d&na", Instance: "t 7", Collection: models.Storage}
	r := rowOf("acme", &ch, 0)
	if r.Href != "/console/t/acme/storage/item?key=a%2Fb+c&owner=d%26na" || r.Device != "/console/t/acme/devices/item?id=t+7&user=d%26na" {
		t.Errorf("%s, %s", r.Href, r.Device)
	}
	ch.Collection, ch.Instance = "orders", ""
	if r := rowOf("acme", &ch, 0); !strings.Contains(r.Href, "collection=orders") || r.Device != "" {
		t.Errorf("%s, %s", r.Href, r.Device)
	}
}

func TestWhoMadeAChangeHasAName(t *testing.T) {
	t.Parallel()
	for want, ch := range map[string]models.Change{
		"tablet-7": {Instance: "tablet-7", Actor: "key:1"}, "API key": {Actor: "key:1"}, "administrator": {Actor: "account:1"}, "user": {Actor: "user:1"}, "Tidemark": {Actor: "system"},
	} {
		if got := sourceOf(&ch); got != want {
			t.Errorf("%+v: %q", ch, got)
		}
	}
}
