package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
)

// statements keeps prepared statements by their text: few and of fixed sizes,
// so that neither side parses the same SQL twice.
type statements struct {
	db *sql.DB
	mu sync.RWMutex
	m  map[string]*sql.Stmt
}

func newStatements(db *sql.DB) *statements { return &statements{db: db, m: map[string]*sql.Stmt{}} }

func (p *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	st := p.m[query]
	p.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	made, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if st := p.m[query]; st != nil {
		_ = made.Close() // somebody was faster
		return st, nil
	}
	p.m[query] = made
	return made, nil
}

func (p *statements) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, st := range p.m {
		_ = st.Close() // the pool closes right after
	}
	p.m = map[string]*sql.Stmt{}
}

const (
	maxStatementRows  = 128
	maxStatementBytes = 4 << 20
)

// inserter writes rows with multi-row statements in a few fixed sizes, cut by
// rows, by bytes and by the number of bound values.
type inserter struct {
	columns int
	queries map[int]string // by the number of rows
}

func newInserter(verb, table string, columns []string, tail string) *inserter {
	in := &inserter{columns: len(columns), queries: map[int]string{}}
	head := verb + " INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	row := "(?" + strings.Repeat(",?", in.columns-1) + ")"
	for n := 1; n <= maxStatementRows; n *= 2 {
		in.queries[n] = head + row + strings.Repeat(","+row, n-1) + tail
	}
	return in
}

// run inserts n rows; bind appends the values of row i, size tells its bytes.
func (in *inserter) run(t *CommitTx, n int, size func(i int) int, bind func(args []any, i int) []any) error {
	args := t.args[:0]
	for start := 0; start < n; {
		rows := in.fits(t.s.dialect.maxBinds, n-start, func(i int) int { return size(start + i) })
		args = args[:0]
		for i := range rows {
			args = bind(args, start+i)
		}
		if err := t.exec(in.queries[rows], args...); err != nil {
			return err
		}
		start += rows
	}
	t.args = args[:0]
	return nil
}

// fits is the largest statement size, a power of two, that takes no more than
// left rows and stays within bytes and binds.
func (in *inserter) fits(maxBinds, left int, size func(i int) int) int {
	rows, bytes, next := 1, size(0), 1
	for rows*2 <= left && rows*2 <= maxStatementRows && rows*2*in.columns <= maxBinds {
		for next < rows*2 {
			bytes += size(next)
			next++
		}
		if bytes > maxStatementBytes {
			break
		}
		rows *= 2
	}
	return rows
}
