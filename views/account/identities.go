package account

// IdentitiesProps describe by which providers an account signs in.
type IdentitiesProps struct {
	CSRF   string
	Now    int64 // ms
	List   []Identity
	Offers []Offer // that can be linked
}

// Identity is what an account is to a provider.
type Identity struct {
	Issuer, Subject string
	Title           string // the provider's
	Email           string // empty: it told none
	Made            int64  // ms
	Used            int64  // ms; 0: never
}

// Offer is a provider.
type Offer struct {
	Name  string // in addresses
	Title string
}
