package live

import "tidemark/models"

// shares are how many live connections each kind of holder may have on a node.
type shares map[string]int

// The kinds of holders, as refusals name them.
const (
	kindKey    = "API key"
	kindUser   = "user"
	kindTenant = "tenant"
)

// holder is one of those for whom a connection counts.
type holder struct{ kind, tenant, id string }

// holders are whoever a caller's connection counts for: its key if it came with one, its user, its tenant.
func holders(who models.Caller) []holder {
	all := []holder{{kindUser, who.TenantID, who.UserID}, {kindTenant, who.TenantID, ""}}
	if who.KeyID != "" {
		all = append(all, holder{kindKey, who.TenantID, who.KeyID})
	}
	return all
}
