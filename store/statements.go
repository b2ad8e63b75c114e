package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tidemark/internal/clock"
)

// statements keeps prepared statements by their text: few and of fixed sizes,
// so that neither side parses the same SQL twice. A server that has no room for
// another is asked for none, in a while, not even for those that some connections
// have: the next connection would have to ask again.
type statements struct {
	db    *sql.DB
	clock clock.Clock
	rests atomic.Int64 // ms; until then all is run as text; 0: it never had to be

	mu sync.RWMutex
	m  map[string]*sql.Stmt
}

const restsFor = 60_000 // ms

// errUnprepared says that a statement is to be run as text.
var errUnprepared = errors.New("the statement is not prepared")

func newStatements(db *sql.DB, c clock.Clock) *statements {
	return &statements{db: db, clock: c, m: map[string]*sql.Stmt{}}
}

// tried notes a server that keeps no further statement, as errUnprepared.
func (p *statements) tried(err error) error {
	if !noRoomToPrepare(err) {
		return err
	}
	p.rests.Store(clock.Millis(p.clock) + restsFor)
	return errUnprepared
}

func (p *statements) resting() bool {
	until := p.rests.Load()
	return until > 0 && clock.Millis(p.clock) < until
}

// find gives a statement that is prepared already; nil when it is not, or is to be left alone.
func (p *statements) find(query string) *sql.Stmt {
	if p.resting() {
		return nil
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.m[query]
}

// get gives a statement, prepared now if it is not; errUnprepared when the server keeps no further one.
func (p *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	if p.resting() {
		return nil, errUnprepared
	}
	if st := p.find(query); st != nil {
		return st, nil
	}
	made, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, p.tried(err)
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

// rowSizes are how many rows a prepared statement may write, in steps of at most
// a quarter: few enough to keep them all, and close enough that any batch takes few statements.
var rowSizes = [...]int{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, maxStatementRows}

// roomFor is the smallest of those sizes that n fits in; n itself beyond them.
func roomFor(n int) int {
	i, _ := slices.BinarySearch(rowSizes[:], n)
	if i == len(rowSizes) {
		return n
	}
	return rowSizes[i]
}

// list is a place in a statement for n values, and the values for it: the last
// one is repeated, so that few statements fit all lengths.
func list[T any](args []any, values []T) (string, []any) {
	room := roomFor(len(values))
	for i := range room {
		args = append(args, values[min(i, len(values)-1)])
	}
	return "(?" + strings.Repeat(",?", room-1) + ")", args
}

// inserter writes rows with multi-row statements of those sizes, cut by rows,
// by bytes and by the number of bound values.
type inserter struct {
	columns int
	queries map[int]string // by the number of rows
}

func newInserter(verb, table string, columns []string, tail string) *inserter {
	in := &inserter{columns: len(columns), queries: map[int]string{}}
	head := verb + " INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	row := "(?" + strings.Repeat(",?", in.columns-1) + ")"
	for _, n := range rowSizes {
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

// fits is the largest statement size that takes no more than left rows and
// stays within bytes and binds.
func (in *inserter) fits(maxBinds, left int, size func(i int) int) int {
	rows, bytes := 0, 0
	for rows < left && rows < maxStatementRows && (rows+1)*in.columns <= maxBinds {
		if bytes += size(rows); bytes > maxStatementBytes && rows > 0 {
			break
		}
		rows++
	}
	i, exact := slices.BinarySearch(rowSizes[:], rows)
	if !exact {
		i--
	}
	return rowSizes[i]
}
