package e2e

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"testing"
)

func TestAKeyPresentThroughoutIsListedExactlyOnceUnderWriters(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		c := h.as("pages", "lister")
		stay := map[string]bool{}
		for i := 0; i < 600; i += 100 {
			events := ""
			for j := range 100 {
				k := fmt.Sprintf("k%04d", 2*(i+j))
				stay[k] = true
				events += fmt.Sprintf(`,{"opId":"s%s","op":"set","key":"%s","value":1}`, k, k)
			}
			if a, err := c.do("POST", "/api/v1/sync/events", `{"events":[`+events[1:]+`]}`); err != nil || a.problem != nil {
				t.Fatal(a, err)
			}
		}
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for n := range 3 {
			wg.Go(func() { shuffle(ctx, t, h.as("pages", fmt.Sprint("w", n)), n) })
		}
		for round := range soak(3, 30) {
			once(t, stay, fmt.Sprintf("items %d", round), c.pages("/api/v1/sync-storage/items?limit=37"))
			once(t, stay, fmt.Sprintf("keys %d", round), c.pages("/api/v1/sync-storage/keys?prefix=k&limit=41"))
			c.snapshotAndLog(t, stay)
		}
		stop()
		wg.Wait()
	})
}

// shuffle writes every kept key again and makes and removes the keys between them.
func shuffle(ctx context.Context, t *testing.T, c *caller, n int) {
	for i := n; ctx.Err() == nil; i += 7 {
		kept, between := fmt.Sprintf("k%04d", 2*(i%600)), fmt.Sprintf("k%04d", 2*(i%600)+1)
		_, err := c.put(kept, fmt.Sprint(i), fmt.Sprintf(`"priority":%d`, i%5))
		if err == nil {
			_, err = c.put(between, "1", "")
		}
		if err == nil && i%2 == 0 {
			_, err = c.do("DELETE", itemPath+between, "")
		}
		if err != nil {
			t.Errorf("writer: %v", err)
			return
		}
	}
}

// pages reads a list to its end and gives its keys in order.
func (c *caller) pages(path string) func() ([]string, error) {
	return func() ([]string, error) {
		var keys []string
		for page := ""; ; {
			a, err := c.do("GET", path+page, "")
			if err != nil || a.problem != nil {
				return keys, fmt.Errorf("%s: %w", a, err)
			}
			keys = append(keys, a.Keys...)
			for _, it := range a.Items {
				keys = append(keys, it.Key)
			}
			if a.NextPage == nil {
				return keys, nil
			}
			page = "&page=" + url.QueryEscape(*a.NextPage)
		}
	}
}

func once(t *testing.T, stay map[string]bool, what string, read func() ([]string, error)) {
	t.Helper()
	keys, err := read()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	times := map[string]int{}
	for i, k := range keys {
		times[k]++
		if i > 0 && keys[i-1] >= k {
			t.Errorf("%s: %s comes after %s", what, k, keys[i-1])
		}
	}
	for k := range stay {
		if times[k] != 1 {
			t.Errorf("%s: %s was there %d times", what, k, times[k])
		}
	}
}

// snapshotAndLog reads the snapshot and the log after it: together they have every kept key.
func (c *caller) snapshotAndLog(t *testing.T, stay map[string]bool) {
	t.Helper()
	seen := map[string]bool{}
	first := ""
	for page := ""; ; {
		a, err := c.do("GET", "/api/v1/sync/snapshot"+page, "")
		if err != nil || a.problem != nil {
			t.Fatalf("snapshot: %s %v", a, err)
		}
		if first == "" {
			first = a.Cursor
		} else if a.Cursor != first {
			t.Errorf("the snapshot's cursor moved")
		}
		for _, it := range a.Items {
			if seen[it.Key] {
				t.Errorf("the snapshot has %s twice", it.Key)
			}
			seen[it.Key] = true
		}
		if a.NextPage == nil {
			break
		}
		page = "?page=" + url.QueryEscape(*a.NextPage)
	}
	if _, err := c.follow(first, func(e event) { seen[e.Key] = true }); err != nil {
		t.Fatal(err)
	}
	for k := range stay {
		if !seen[k] {
			t.Errorf("%s is in neither the snapshot nor the log after it", k)
		}
	}
}
