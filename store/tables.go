package store

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tidemark/internal/fault"
	"tidemark/migrations"
)

// Table is one of the schema's tables, as the database describes it.
type Table struct {
	Name    string
	Rows    RowCount
	Columns []Column
	Indexes []Index
	Key     []string // the columns that tell its rows apart, in order

	rowid bool // SQLite: its rows have a number of their own
}

// RowCount is how many rows a table has, as far as that is known without counting them.
type RowCount struct {
	N    int64
	Sure Sureness
}

// Sureness is what is known of a count.
type Sureness string

// How sure a count is.
const (
	CountUnknown Sureness = ""
	CountExact   Sureness = "exact"
	CountAbout   Sureness = "about"
	CountOver    Sureness = "over" // more than that
)

// Column is a column of a table.
type Column struct {
	Name   string
	Type   string // as the database calls it
	Null   bool   // may be null
	Hidden bool   // a secret, or a hash of one: its values are never shown
}

// Index is an index of a table.
type Index struct {
	Name    string
	Columns []string
	Unique  bool
	Partial bool // it holds only some of the rows
}

const (
	tablesWithin = 300 * time.Millisecond // for a look at a table
	countUpTo    = 10_000                 // rows that are counted one by one, at most
)

// secretColumns are hidden in every table; hiddenColumns are hidden in theirs.
var (
	secretColumns = regexp.MustCompile(`hash|password|token|secret|credential`)
	hiddenColumns = map[string][]string{"meta": {"value"}, "sessions": {"data"}, "tickets": {"caller"}}
	createTable   = regexp.MustCompile(`(?m)(?:^CREATE TABLE|^ALTER TABLE \w+ RENAME TO) (\w+)`)
)

// ownTables are the names of the tables that the migrations make; no other table of the database is looked at.
var ownTables = sync.OnceValues(func() (map[string]bool, error) {
	own := map[string]bool{"schema_migrations": true}
	paths, err := fs.Glob(migrations.SQLite, "sqlite/*.sql")
	for _, path := range paths {
		text, err := fs.ReadFile(migrations.SQLite, path)
		if err != nil {
			return nil, err
		}
		for _, m := range createTable.FindAllSubmatch(text, -1) {
			own[string(m[1])] = true
		}
	}
	return own, err
})

// catalog is how a database is asked about its schema.
type catalog struct {
	tables, columns, indexes string
	quote                    string
}

var catalogs = map[string]catalog{
	"sqlite": {
		tables:  `SELECT name, wr = 0, -1 FROM pragma_table_list WHERE "schema" = 'main' AND type = 'table' ORDER BY name`,
		columns: `SELECT name, type, "notnull" = 0, pk FROM pragma_table_info(?) ORDER BY cid`,
		indexes: `SELECT l.name, l."unique", l.partial, i.name FROM pragma_index_list(?) l JOIN pragma_index_info(l.name) i
WHERE l.origin <> 'pk' ORDER BY l.name, i.seqno`,
		quote: `"`,
	},
	"mysql": {
		tables: `SELECT table_name, 0, COALESCE(table_rows, -1) FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name`,
		columns: `SELECT c.column_name, c.column_type, c.is_nullable = 'YES', COALESCE(s.seq_in_index, 0) FROM information_schema.columns c
LEFT JOIN information_schema.statistics s ON s.table_schema = c.table_schema AND s.table_name = c.table_name AND s.column_name = c.column_name AND s.index_name = 'PRIMARY'
WHERE c.table_schema = DATABASE() AND c.table_name = ? ORDER BY c.ordinal_position`,
		indexes: `SELECT index_name, non_unique = 0, 0, column_name FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = ? AND index_name <> 'PRIMARY' ORDER BY index_name, seq_in_index`,
		quote: "`",
	},
}

func (s *Store) catalog() catalog { return catalogs[s.dialect.name] }

// quoted is a name of the schema as a part of a statement.
func (c catalog) quoted(name string) string {
	return c.quote + strings.ReplaceAll(name, c.quote, c.quote+c.quote) + c.quote
}

func (c catalog) list(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = c.quoted(n)
	}
	return strings.Join(quoted, ", ")
}

// Tables lists the schema's tables by name, with about how many rows each has. It counts no long table.
func (s *Store) Tables(ctx context.Context) ([]Table, error) {
	all, err := s.tableNames(ctx)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, tablesWithin)
	defer cancel()
	for i := range all {
		if all[i].Rows.Sure == CountUnknown {
			all[i].Rows = s.rowCount(bounded, all[i])
		}
	}
	return all, nil
}

// Table describes one of the schema's tables; any other name is `not_found`.
func (s *Store) Table(ctx context.Context, name string) (Table, error) {
	all, err := s.tableNames(ctx)
	if err != nil {
		return Table{}, err
	}
	i := slices.IndexFunc(all, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, fault.New(fault.NotFound, "There is no table of this name.")
	}
	t := all[i]
	if err := s.describe(ctx, &t); err != nil {
		return Table{}, s.fault(err)
	}
	bounded, cancel := context.WithTimeout(ctx, tablesWithin)
	defer cancel()
	if t.Rows.Sure == CountUnknown {
		t.Rows = s.rowCount(bounded, t)
	}
	return t, nil
}

func (s *Store) tableNames(ctx context.Context) ([]Table, error) {
	own, err := ownTables()
	if err != nil {
		return nil, err
	}
	scan := func(row scanner, t *Table) error { return row.Scan(&t.Name, &t.rowid, &t.Rows.N) }
	all, err := scanAll(s.read(ctx), scan, s.catalog().tables)
	if err != nil {
		return nil, s.fault(err)
	}
	all = slices.DeleteFunc(all, func(t Table) bool { return !own[t.Name] })
	for i := range all {
		if all[i].Rows.N >= 0 {
			all[i].Rows.Sure = CountAbout
		}
	}
	return all, nil
}

// rowCount is for SQLite, which keeps no count: rows with numbers of their own
// are told from the first and the last one, others are counted up to a bound.
func (s *Store) rowCount(ctx context.Context, t Table) RowCount {
	var r RowCount
	name := s.catalog().quoted(t.Name)
	if t.rowid {
		err := s.rdb.QueryRowContext(ctx, "SELECT COALESCE((SELECT MAX(rowid) FROM "+name+") - (SELECT MIN(rowid) FROM "+name+") + 1, 0)").Scan(&r.N)
		if err != nil {
			return RowCount{}
		}
		return RowCount{r.N, CountAbout}
	}
	err := s.rdb.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+name+" LIMIT ?)", countUpTo+1).Scan(&r.N)
	switch {
	case err != nil:
		return RowCount{}
	case r.N > countUpTo:
		return RowCount{countUpTo, CountOver}
	}
	return RowCount{r.N, CountExact}
}

// describe reads a table's columns, indexes and key.
func (s *Store) describe(ctx context.Context, t *Table) error {
	var err error
	place := map[int]string{} // of the key's columns
	t.Columns, err = scanAll(s.read(ctx), func(row scanner, c *Column) error {
		var at int
		err := row.Scan(&c.Name, &c.Type, &c.Null, &at)
		if c.Hidden = hidden(t.Name, c.Name); at > 0 {
			place[at] = c.Name
		}
		return err
	}, s.catalog().columns, t.Name)
	if err != nil {
		return err
	}
	parts, err := scanAll(s.read(ctx), scanIndexPart, s.catalog().indexes, t.Name)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if n := len(t.Indexes); n > 0 && t.Indexes[n-1].Name == p.Name {
			t.Indexes[n-1].Columns = append(t.Indexes[n-1].Columns, p.Columns...)
			continue
		}
		t.Indexes = append(t.Indexes, p)
	}
	for i := 1; i <= len(place); i++ {
		t.Key = append(t.Key, place[i])
	}
	if t.Key == nil {
		t.Key = t.uniqueKey()
	}
	return nil
}

func scanIndexPart(row scanner, x *Index) error {
	x.Columns = []string{""}
	return row.Scan(&x.Name, &x.Unique, &x.Partial, &x.Columns[0])
}

// uniqueKey is for a table without a primary key; nil when nothing tells its rows apart.
func (t *Table) uniqueKey() []string {
	for _, x := range t.Indexes {
		if x.Unique && t.orders(x) {
			return x.Columns
		}
	}
	return nil
}

// orders says whether an index can be read from end to end: it has every row, and no column that may be null or is hidden.
func (t *Table) orders(x Index) bool {
	return !x.Partial && !slices.ContainsFunc(x.Columns, func(name string) bool {
		c := t.column(name)
		return c == nil || c.Null || c.Hidden
	})
}

func (t *Table) column(name string) *Column {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Columns[i]
}

func hidden(table, column string) bool {
	return secretColumns.MatchString(column) || slices.Contains(hiddenColumns[table], column)
}
