package console_test

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/web/e2e"
)

var itemLink = regexp.MustCompile(`storage/item\?(?:collection=[^&]+&amp;)?key=([^&"]+)`)

// listedItems are the keys of a page's rows, in its order, which by key is that of each user in turn.
func listedItems(t *testing.T, a answer) string {
	t.Helper()
	var keys []string
	for _, m := range itemLink.FindAllStringSubmatch(a.body, -1) {
		key, err := url.QueryUnescape(m[1])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, " ")
}

func TestEachFilterOfStorageFindsWhatItSays(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.Clock = clock.At(time.Now().Add(48 * time.Hour)) })
	b := signedIn(t, h)
	stored(t, h, "amy", "paid", "a/1")
	stored(t, h, "bob", "paid", "a/9")
	stored(t, h, "amy", "open", "about", "gone")
	who := models.Caller{TenantID: ofAcme(t, h).ID, UserID: "amy", Actor: "key:1", CanWrite: true, CanRead: true}
	big := []byte(`"` + strings.Repeat("x", 3000) + `"`)
	if _, err := h.Engine.Write(context.Background(), who, []protocol.Op{
		{Kind: protocol.Set, Collection: models.Storage, Key: "a/2", Value: big, Tags: []string{"open"}},
		{Kind: protocol.Set, Collection: "orders", Key: "x", Value: big},
		{Kind: protocol.Remove, Collection: models.Storage, Key: "gone"},
	}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                                   "a/1 a/2 about a/9",
		"prefix=a/":                          "a/1 a/2 a/9",
		"owner=amy":                          "a/1 a/2 about",
		"collection=orders":                  "x",
		"tag=paid":                           "a/1 a/9",
		"tag=Paid":                           "",
		"size=1024":                          "a/2",
		"age=within-7d":                      "a/1 a/2 about a/9",
		"age=within-1h":                      "",
		"age=older-1d":                       "a/1 a/2 about a/9",
		"age=older-7d":                       "",
		"deleted=only":                       "gone",
		"deleted=with":                       "a/1 a/2 about gone a/9",
		"deleted=with&owner=bob":             "a/9",
		"deleted=only&prefix=a/":             "",
		"prefix=a/&owner=amy&tag=paid":       "a/1",
		"prefix=a/&size=1024&age=within-7d":  "a/2",
		"owner=amy&tag=open&age=older-1d":    "a/2 about",
		"collection=orders&size=1024":        "x",
		"collection=orders&tag=paid":         "",
		"prefix=A/":                          "",
		"owner=amy&deleted=with&size=1024":   "a/2",
		"tag=open&deleted=with&age=older-1d": "a/2 about",
	} {
		for _, sort := range []string{"key", "changed"} {
			a := b.get(storagePage + "?view=list&sort=" + sort + "&" + query)
			got, whole := strings.Fields(listedItems(t, a)), strings.Fields(want)
			if sort == "changed" {
				slices.Sort(got)
				slices.Sort(whole)
			}
			if a.status != 200 || !slices.Equal(got, whole) {
				t.Errorf("%s by %s: %d, %q, want %q", query, sort, a.status, got, whole)
			}
		}
	}
	if got := listedItems(t, b.get(storagePage+"?sort=changed&deleted=with")); got != "gone a/2 about a/9 a/1" {
		t.Errorf("newest first: %s", got)
	}
}
