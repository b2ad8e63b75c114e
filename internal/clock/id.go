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

// IDMillis is when an id was drawn (ms); 0 for what is none.
func IDMillis(id string) int64 {
	parsed, err := ulid.ParseStrict(id)
	if err != nil {
		return 0
	}
	return int64(parsed.Time())
}
