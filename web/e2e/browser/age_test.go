package browser

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tidemark/internal/testkit"
)

// age makes a tenant's log minutes older, past the program: nobody waits so long in a test.
func age(t *testing.T, p *testkit.Process, slug, minutes string) {
	t.Helper()
	const older = "UPDATE changes SET at = at - 60000 * ? WHERE tenant_id = (SELECT id FROM tenants WHERE slug = ?)"
	change(t, p, older, minutes, slug)
}

// change runs a statement past the program.
func change(t *testing.T, p *testkit.Process, statement string, args ...any) {
	t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(p.Dir, "data", "tidemark.db")+"?_pragma=busy_timeout(10000)"
	if text := p.Env("DATABASE_URL"); text != "" {
		d, err := testkit.ParseDatabase(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg := mysql.NewConfig()
		cfg.User, cfg.Passwd, cfg.DBName, cfg.Addr, cfg.Net = d.User, d.Password, d.Name, d.Address, "tcp"
		driver, dsn = "mysql", cfg.FormatDSN()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // made for one statement
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}
