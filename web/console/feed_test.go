package console

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/activity"
)

func feedOf(batches ...engine.WatchBatch) *changesFeed {
	ch := make(chan engine.WatchBatch, len(batches))
	for _, b := range batches {
		ch <- b
	}
	return &changesFeed{console: &Console{opt: Options{Clock: clock.System{}}}, changes: ch, cancel: func() {}, begun: true}
}

func changesFrom(first, n int64) []models.Change {
	var out []models.Change
	for seq := first; seq < first+n; seq++ {
		out = append(out, models.Change{Seq: seq, Key: "k" + strconv.FormatInt(seq, 10), Op: models.ChangeSet, Version: 1})
	}
	return out
}

func htmlOf(t *testing.T, e *event) string {
	t.Helper()
	var b bytes.Buffer
	if err := e.body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAFloodBecomesOneEventWithTheNewestAndACount(t *testing.T) {
	t.Parallel()
	f := feedOf(engine.WatchBatch{Changes: changesFrom(1, 600)}, engine.WatchBatch{Changes: changesFrom(601, 600), Dropped: 44})
	e, err := f.pull(context.Background())
	if err != nil || e == nil || e.id != "1200" {
		t.Fatalf("%+v %v", e, err)
	}
	html := htmlOf(t, e)
	if got := strings.Count(html, `id="c-`); got != activityRows {
		t.Errorf("%d rows", got)
	}
	if !strings.Contains(html, strconv.Itoa(1_204 - activityRows)[:1]+",") || strings.Index(html, "c-1200") > strings.Index(html, "c-1199") {
		t.Errorf("newest first, and the rest counted: %s", html)
	}
	if e, err := f.pull(context.Background()); e != nil || err != nil {
		t.Errorf("after that there is nothing: %+v %v", e, err)
	}
}

func TestAChangeIsGivenOnce(t *testing.T) {
	t.Parallel()
	f := feedOf(engine.WatchBatch{Changes: changesFrom(5, 2)}, engine.WatchBatch{Changes: changesFrom(6, 2)})
	f.seq = 5
	e, err := f.pull(context.Background())
	if err != nil || e == nil {
		t.Fatal(err)
	}
	if html := htmlOf(t, e); strings.Count(html, `id="c-`) != 2 || strings.Contains(html, `id="c-5"`) {
		t.Errorf("6 and 7 are new: %s", html)
	}
}

func TestTheFilterLooksAtKeyUserAndDevice(t *testing.T) {
	t.Parallel()
	ch := models.Change{Key: "Work/1", Owner: "dana", Instance: "Tablet-7", Op: models.ChangeRemove}
	for text, want := range map[string]bool{"": true, "work": true, "DANA": true, "tablet": true, "luis": false} {
		if got := passes(&ch, activity.Filter{Text: text}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if passes(&ch, activity.Filter{Op: "set"}) || !passes(&ch, activity.Filter{Op: "remove"}) {
		t.Error("the kind of change is not looked at")
	}
}

func TestWhoMadeAChangeHasAName(t *testing.T) {
	t.Parallel()
	for want, ch := range map[string]models.Change{
		"tablet-7": {Instance: "tablet-7", Actor: "key:1"}, "API key": {Actor: "key:1"}, "administrator": {Actor: "admin:1"}, "user": {Actor: "user:1"}, "Tidemark": {Actor: "system"},
	} {
		if got := sourceOf(&ch); got != want {
			t.Errorf("%+v: %q", ch, got)
		}
	}
}
