package clock

import "github.com/oklog/ulid/v2"

// FirstID is not above any id that NewID draws at the moment (ms) or later, and above all that were drawn before.
func FirstID(at int64) string {
	var id ulid.ULID
	if at < 0 || id.SetTime(uint64(at)) != nil {
		return ""
	}
	return id.String()
}

// IDTime is the moment (ms) an id was drawn at; 0 for what is no id.
func IDTime(id string) int64 {
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return 0
	}
	return int64(u.Time())
}
