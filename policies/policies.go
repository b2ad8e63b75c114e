// Package policies holds the shipped roles: a casbin model and its rules, as text.
//
// A rule gives a role one action of an area within a domain, everywhere (*) or in
// a part of it: a key of a collection, or all keys that begin with what stands
// before a last *. The domain is "installation" for what concerns no tenant alone,
// and otherwise a tenant: where a rule says "tenant", it is loaded for each tenant
// under that tenant's own id. There is no wildcard domain.
package policies

import _ "embed" // the two texts

// Model says how a rule is matched, Policy lists the rules.
var (
	//go:embed model.conf
	Model string
	//go:embed policy.csv
	Policy string
)
