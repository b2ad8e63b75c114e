package protocol

import "strings"

var (
	pointed   = strings.NewReplacer("~", "~0", "/", "~1")
	unpointed = strings.NewReplacer("~1", "/", "~0", "~")
)

// Pointer is the JSON pointer (RFC 6901) of a path.
func Pointer(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteByte('/')
		_, _ = pointed.WriteString(&b, name) // a builder never fails
	}
	return b.String()
}

// Segments are the names of a JSON pointer; of the empty one it is the empty name.
func Segments(pointer string) []string {
	names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i := range names {
		names[i] = unpointed.Replace(names[i])
	}
	return names
}
