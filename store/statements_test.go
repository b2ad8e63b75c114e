package store

import (
	"slices"
	"strings"
	"testing"
)

func TestAnyBatchTakesFewStatements(t *testing.T) {
	t.Parallel()
	in := newInserter("INSERT", "t", []string{"a", "b"}, "")
	small := func(int) int { return 100 }
	for n := 1; n <= 2*maxStatementRows; n++ {
		statements := 0
		for left := n; left > 0; statements++ {
			rows := in.fits(1000, left, small)
			if in.queries[rows] == "" || rows > left {
				t.Fatalf("%d rows: a statement of %d", left, rows)
			}
			left -= rows
		}
		if most := 3 + n/maxStatementRows; statements > most {
			t.Errorf("%d rows take %d statements", n, statements)
		}
	}
}

func TestStatementsKeepWithinBytesAndBinds(t *testing.T) {
	t.Parallel()
	in := newInserter("INSERT", "t", []string{"a", "b"}, "")
	if n := in.fits(9, 100, func(int) int { return 1 }); n != 4 {
		t.Errorf("9 binds of 2 columns: %d rows", n)
	}
	if n := in.fits(1000, 100, func(int) int { return maxStatementBytes / 3 }); n != 3 {
		t.Errorf("thirds of a statement: %d rows", n)
	}
	if n := in.fits(1000, 100, func(int) int { return 2 * maxStatementBytes }); n != 1 {
		t.Errorf("rows larger than a statement: %d rows", n)
	}
}

func TestAListIsRoundedUpWithItsLastValue(t *testing.T) {
	t.Parallel()
	in, args := list([]any{"tenant"}, []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"})
	if strings.Count(in, "?") != 10 || len(args) != 11 || !slices.Equal(args[8:], []any{"h", "i", "i"}) {
		t.Errorf("%s %v", in, args)
	}
	if in, args := list(nil, make([]int, 200)); strings.Count(in, "?") != 200 || len(args) != 200 {
		t.Errorf("200 values: %s, %d", in, len(args))
	}
}
