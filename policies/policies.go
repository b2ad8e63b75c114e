// Package policies holds the shipped roles: a casbin model and its rules, as text.
//
// A rule gives a role one action of an area within a domain. The domain is the
// tenant, or "installation" for what concerns no tenant alone; there is no wildcard domain.
package policies

import _ "embed" // the two texts

// Model says how a rule is matched, Policy lists the rules.
var (
	//go:embed model.conf
	Model string
	//go:embed policy.csv
	Policy string
)
