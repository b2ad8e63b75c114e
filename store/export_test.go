package store

// SmallLog lets SQLite's write-ahead log begin anew from a few bytes on.
func SmallLog(o Options, bytes int64) Options {
	o.walBound = bytes
	return o
}
