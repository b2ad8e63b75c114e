package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidemark/internal/testkit"
)

const module = "tidemark"

// goFile is a parsed source file of the project.
type goFile struct {
	path string // from the root, with slashes
	room string // its package's folder
	test bool
	made bool // generated
	text string
	ast  *ast.File
	set  *token.FileSet
}

var house = sync.OnceValues(func() ([]goFile, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "..", "..")
	var files []goFile
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() && (strings.HasPrefix(name, ".") && path != dir || name == "node_modules" || name == "bin" || name == "data" || name == "testdata" || name == "tmp") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parse(dir, path)
		files = append(files, f)
		return err
	})
	return files, err
})

func parse(dir, path string) (goFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return goFile{}, err
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return goFile{}, err
	}
	f := goFile{path: filepath.ToSlash(rel), room: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), text: string(text), set: token.NewFileSet()}
	f.made = strings.HasSuffix(rel, "_templ.go") || strings.Contains(f.text[:min(len(f.text), 400)], "DO NOT EDIT")
	f.ast, err = parser.ParseFile(f.set, path, text, parser.ParseComments)
	return f, err
}

func files(t *testing.T) []goFile {
	t.Helper()
	all, err := house()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("found only %d files", len(all))
	}
	return all
}

// tracked lists the project's own files: those git knows, and those it does not yet ignore.
func tracked(t *testing.T) []string {
	t.Helper()
	root := testkit.Root(t)
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return walked(t, root) // an export without git
	}
	names := strings.Fields(string(out))
	slices.Sort(names)
	return slices.Compact(names)
}

func walked(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if err == nil && (e.Name() == "node_modules" || e.Name() == "bin" || e.Name() == "data" || e.Name() == ".tools") {
				return filepath.SkipDir
			}
			return err
		}
		rel, err := filepath.Rel(root, path)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
