package models

// Restrictions say where from a key, or whatever lets in to a tenant, may be used. What is empty restricts nothing;
// where several are given, all of them must let a request through.
type Restrictions struct {
	IPs        []string `json:"ipRestrictions,omitempty"`      // addresses and networks, such as 203.0.113.7 and 2001:db8::/32
	Countries  []string `json:"countryRestrictions,omitempty"` // as ISO 3166-1 alpha-2, such as DE
	Unplaced   bool     `json:"allowUnknownCountry,omitempty"` // with countries: addresses whose country is not known are let through
	Domains    []string `json:"domainRestrictions,omitempty"`  // of pages, such as app.example.com, *.example.com and localhost:3000
	UserAgents []string `json:"userAgentPatterns,omitempty"`   // RE2 expressions, one of which the User-Agent must match
}

// Empty says that nothing is restricted.
func (r Restrictions) Empty() bool {
	return len(r.IPs)+len(r.Countries)+len(r.Domains)+len(r.UserAgents) == 0
}
