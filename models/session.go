package models

// Session is a browser in which an administrator is signed in. Its id is a hash
// of the token that the browser has, and opens nothing.
type Session struct {
	ID        string
	AccountID string // empty: nobody has signed in
	Data      []byte // what the console keeps in it; empty in lists
	CreatedAt int64
	SeenAt    int64 // last request, within a minute
	Address   string
	UserAgent string
	ExpiresAt int64
}
