package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// after are calls whose function runs when the request may be over, as that of a go statement does.
var after = []string{"AfterFunc", "Go", "SetBodyStreamWriter", "SetContextBodyStreamWriter", "NewStreamReader"}

// TestNoContextOfARequestIsKept: Fiber uses the context of a request again for the next one, so what runs later must not have it.
func TestNoContextOfARequestIsKept(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"func h(f *fiber.Ctx) error { go func() { f.Next() }(); return nil }":                                          1,
		"func h(f *fiber.Ctx) error { f.Context().SetBodyStreamWriter(func(w *bufio.Writer) { f.Query(``) }) }":        1,
		"func h(f *fiber.Ctx) error { go keep(f) }":                                                                    1,
		"var h = func(f *fiber.Ctx) error { time.AfterFunc(1, func() { use(f) }); return nil }":                        1,
		"func h(f *fiber.Ctx) error { p := f.Path(); go func() { use(p) }(); f.Context().SetBodyStreamWriter(write) }": 0,
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(keptContexts(parsed)); got != want {
			t.Errorf("%s: found %d, want %d", text, got, want)
		}
	}
	for _, f := range files(t) {
		if f.test || f.made || !strings.Contains(f.text, "fiber.Ctx") {
			continue
		}
		for _, at := range keptContexts(f.ast) {
			t.Errorf("%s: a request's context is used when the request may be over", f.set.Position(at))
		}
	}
}

// keptContexts are the places where something that runs later uses a parameter of type *fiber.Ctx.
func keptContexts(file *ast.File) (out []token.Pos) {
	ast.Inspect(file, func(n ast.Node) bool {
		var of *ast.FuncType
		var body *ast.BlockStmt
		switch f := n.(type) {
		case *ast.FuncDecl:
			of, body = f.Type, f.Body
		case *ast.FuncLit:
			of, body = f.Type, f.Body
		}
		if of == nil || body == nil {
			return true
		}
		names := contextsOf(of)
		ast.Inspect(body, func(n ast.Node) bool {
			for _, later := range laterIn(n) {
				ast.Inspect(later, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && slices.Contains(names, id.Name) {
						out = append(out, id.Pos())
					}
					return true
				})
			}
			return true
		})
		return true
	})
	return out
}

func contextsOf(f *ast.FuncType) (names []string) {
	for _, p := range f.Params.List {
		star, ok := p.Type.(*ast.StarExpr)
		if !ok {
			continue
		}
		if of, ok := star.X.(*ast.SelectorExpr); !ok || of.Sel.Name != "Ctx" {
			continue
		}
		for _, n := range p.Names {
			names = append(names, n.Name)
		}
	}
	return names
}

// laterIn is what of a node runs later: all of a go statement, and the functions that some calls are given.
func laterIn(n ast.Node) (out []ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		return []ast.Node{n.Call}
	case *ast.CallExpr:
		of, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains(after, of.Sel.Name) {
			return nil
		}
		for _, a := range n.Args {
			if _, is := a.(*ast.FuncLit); is {
				out = append(out, a)
			}
		}
	}
	return out
}
