package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"tidemark/models"
	"tidemark/schema"
)

// schemaPlanned is what a plan says to programs.
type schemaPlanned struct {
	Tenant  string              `json:"tenant"`
	Changes []schema.CodeChange `json:"changes"`
	Applied int                 `json:"applied"`
}

func (m *Main) schemaExport(f *pflag.FlagSet) func(context.Context) error {
	slug := f.String("tenant", "", "whose tables")
	return func(ctx context.Context) error {
		catalog, t, err := m.tablesOf(ctx, *slug)
		if err != nil {
			return err
		}
		doc, err := catalog.Export(ctx, t.ID)
		if err != nil {
			return err
		}
		text, err := doc.YAML()
		if err != nil {
			return err
		}
		return m.say(doc, strings.TrimSuffix(string(text), "\n"))
	}
}

func (m *Main) schemaPlan(f *pflag.FlagSet) func(context.Context) error {
	return m.schemaChange(f, func(context.Context, *schema.Catalog, []schema.CodeChange) (int, error) { return 0, nil })
}

func (m *Main) schemaApply(f *pflag.FlagSet) func(context.Context) error {
	lose := f.Bool("lose", false, "although values of records do not go along")
	note := f.String("note", "", "for the history of the tables")
	return m.schemaChange(f, func(ctx context.Context, c *schema.Catalog, changes []schema.CodeChange) (int, error) {
		return c.Apply(ctx, changes, *note, *lose)
	})
}

// schemaChange plans what a file says, does what is to be done with that, and tells it.
func (m *Main) schemaChange(f *pflag.FlagSet, do func(context.Context, *schema.Catalog, []schema.CodeChange) (int, error)) func(context.Context) error {
	slug := f.String("tenant", "", "whose tables")
	file := f.String("file", "", "YAML or JSON, - for the standard input")
	prune := f.Bool("prune", false, "tables that the file does not have go to the trash")
	return func(ctx context.Context) error {
		if *file == "" {
			return usageError{"name the --file"}
		}
		text, err := m.readFile(*file)
		if err != nil {
			return err
		}
		doc, err := schema.ReadDocument(text)
		if err != nil {
			return err
		}
		catalog, t, err := m.tablesOf(ctx, *slug)
		if err != nil {
			return err
		}
		changes, err := catalog.PlanDocument(ctx, t.ID, doc, *prune)
		if err != nil {
			return err
		}
		out := schemaPlanned{Tenant: t.Slug, Changes: append([]schema.CodeChange{}, changes...)}
		var lines []string
		for i := range changes {
			lines = append(lines, changes[i].Lines()...)
		}
		if lines == nil {
			lines = []string{"nothing is to be changed"}
		}
		if out.Applied, err = do(ctx, catalog, changes); err != nil {
			return err
		}
		return m.say(out, strings.Join(lines, "\n"))
	}
}

func (m *Main) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(m.Stdin)
	}
	return os.ReadFile(name)
}

// tablesOf is the catalog with a tenant's tables.
func (m *Main) tablesOf(ctx context.Context, slug string) (*schema.Catalog, models.Tenant, error) {
	if slug == "" {
		return nil, models.Tenant{}, usageError{"name the --tenant"}
	}
	s, err := m.migrated(ctx)
	if err != nil {
		return nil, models.Tenant{}, err
	}
	t, err := tenant(ctx, s, slug)
	return schema.NewCatalog(s, m.Clock), t, err
}
