package access

import (
	"slices"
	"testing"

	"tidemark/models"
)

func TestWhatAKeyLetsDoIsWhatFlagsAndScopesBothGive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key  models.APIKey
		want Rights
	}{
		"both":              {models.APIKey{CanRead: true, CanWrite: true, Scopes: []string{"read", "write"}}, Rights{true, true, []string{"read", "write"}}},
		"read only by flag": {models.APIKey{CanRead: true, Scopes: []string{"read", "write", "items:clear"}}, Rights{true, false, []string{"read"}}},
		"by scope":          {models.APIKey{CanRead: true, CanWrite: true, Scopes: []string{"items:read:storage/a*", "users:all"}}, Rights{true, false, []string{"items:read:storage/a*", "users:all"}}},
		"write only":        {models.APIKey{CanWrite: true, Scopes: []string{"read", "items:write:storage/*", "conflicts:review"}}, Rights{false, true, []string{"items:write:storage/*", "conflicts:review"}}},
		"nothing at all":    {models.APIKey{CanRead: true, Scopes: []string{"write"}}, Rights{}},
	} {
		if got := RightsOf(c.key); got.Read != c.want.Read || got.Write != c.want.Write || !slices.Equal(got.Scopes, c.want.Scopes) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
