// Package tenants is the page on which a tenant is chosen.
package tenants

// Row is a tenant of the list.
type Row struct {
	Slug      string
	Name      string
	Href      string
	Suspended bool
	CreatedAt int64
	Now       int64
}
