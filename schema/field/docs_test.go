package field

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const docsFile = "../../docs/field-types.md"

// TestTheDocumentIsOfTheTypes holds docs/field-types.md against the registry; -update writes it anew.
func TestTheDocumentIsOfTheTypes(t *testing.T) {
	t.Parallel()
	got := document()
	if *update {
		if err := os.WriteFile(docsFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", docsFile, diff)
	}
}

func document() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Field types: %d

The fields of a table have one of these types. A value is JSON, and "no value" is a member that is not there: null, blank text and empty lists come to the same.
What the server sets or works out is left out of what clients send. Numbers that programs would round are text: "12.50".

How two changes of a field merge that were made apart: a *register* is changed as a whole, and the later change stands; of *review* a person decides, of *first* the first
stands, of a *flag* yes; a *counter* adds both; a *set* has what either added without what either removed; *list*, *text*, *map* and *rows* merge element by element,
by words, member by member, and row by row, these being told apart by their id.

`, len(Types()))
	for _, g := range Groups {
		fmt.Fprintf(&b, "## %s%s\n\n| type | | column | merge | index | options |\n| --- | --- | --- | --- | --- | --- |\n", strings.ToUpper(string(g[:1])), g[1:])
		for _, t := range Types() {
			if t.Group != g {
				continue
			}
			options, _ := t.Options()["properties"].(map[string]any)
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", t.Name, t.About, t.Storage, t.Merge, t.Index, strings.Join(sortedNames(options), ", "))
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func sortedNames(m map[string]any) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
