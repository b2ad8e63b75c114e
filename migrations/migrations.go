// Package migrations holds the numbered SQL that makes the schema, one folder a
// dialect, equal in numbers and meaning. A merged file is never edited again.
package migrations

import "embed"

// SQLite and MySQL are the migrations of each dialect; MySQL's serve MariaDB too.
var (
	//go:embed sqlite/*.sql
	SQLite embed.FS
	//go:embed mysql/*.sql
	MySQL embed.FS
)
