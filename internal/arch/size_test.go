package arch

import (
	"go/ast"
	"strings"
	"testing"
)

const (
	maxFunction = 80  // lines
	maxFile     = 600 // lines
	maxTable    = 4   // statements a long function may have and still be a table of data
)

func TestFunctionsStayShort(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || f.made {
			continue
		}
		if lines := strings.Count(f.text, "\n"); lines > maxFile {
			t.Errorf("%s has %d lines; split it by noun", f.path, lines)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || len(fn.Body.List) <= maxTable && statements(fn.Body) <= maxTable {
				continue
			}
			if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > maxFunction {
				t.Errorf("%s: %s has %d lines", f.path, fn.Name.Name, n)
			}
		}
	}
}

func statements(body *ast.BlockStmt) int {
	n := 0
	ast.Inspect(body, func(node ast.Node) bool {
		if _, ok := node.(ast.Stmt); ok {
			n++
		}
		return true
	})
	return n - 1 // the body itself
}

func TestNothingHappensAtImport(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || f.made {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function; cmd builds everything and passes it in", f.path)
			}
		}
	}
}
