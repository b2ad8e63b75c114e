package store

// SmallLog lets SQLite's write-ahead log begin anew from a few bytes on.
func SmallLog(o Options, bytes int64) Options {
	o.walBound = bytes
	return o
}

// Holds says whether an item is kept in memory since it was read.
func Holds(s *Store, tenantID string, k ItemKey) bool {
	_, ok, _ := s.recent.find(recentKey{tenantID, k})
	return ok
}
