package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/models"
)

func TestReadsOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scopes []string
		want   []models.Reach
	}{
		"the read bundle reads everything":    {[]string{"read", "items:read:orders/*"}, nil},
		"a plain permission reads everything": {[]string{"items:read"}, nil},
		"a narrowed one reads its part":       {[]string{"items:read:orders/o*", "items:read:stock/a"}, []models.Reach{{Collection: "orders", Key: "o", Open: true}, {Collection: "stock", Key: "a"}}},
		"writing alone reads nothing":         {[]string{"write"}, []models.Reach{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, readsOf(test.scopes)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
