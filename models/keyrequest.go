package models

// KeyRequest is what requests made with a key on a day have in common, and how many they were.
type KeyRequest struct {
	TenantID string
	KeyID    string
	Day      int64  // when it began, in UTC, ms
	Shape    string // names it among those of the key's day
	KeyShape
	Country   string // of the address when it was last written down; empty: not known
	Count     int64
	First     int64  // ms
	Last      int64  // ms
	RequestID string // of the last
}

// KeyShape is what tells requests with a key apart.
type KeyShape struct {
	Others     bool // of more kinds than are told apart in a day; then only the code is known
	Address    string
	Origin     string // of the page that asked
	UserAgent  string
	Door       Door
	Permission string // that was asked for, such as items:read
	AllUsers   bool   // asked for all users' items
	Code       string // of the fault it was answered with; empty: none
}
