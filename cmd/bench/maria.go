package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/go-sql-driver/mysql"

	"tidemark/internal/testkit"
)

// maria is the private MariaDB of a run.
type maria struct {
	access testkit.Database
	server *testkit.Server // nil: shared with whoever started the run
	admin  *sql.DB
	made   int
}

func startMaria(ctx context.Context, buffer string) (*maria, error) {
	m := &maria{}
	var err error
	if text := os.Getenv(testkit.ServerVariable); text != "" {
		m.access, err = testkit.ParseDatabase(text)
	} else if m.server, err = testkit.NewServer(); err == nil {
		m.access = m.server.Access
	}
	if err != nil {
		return nil, err
	}
	if m.admin, err = m.open(""); err != nil {
		return nil, err
	}
	bytes, unit := int64(0), ""
	if n, _ := fmt.Sscanf(buffer, "%d%s", &bytes, &unit); n == 0 {
		return nil, fmt.Errorf("the buffer pool %q is no size", buffer)
	}
	shift := map[string]int{"": 0, "K": 10, "M": 20, "G": 30}[unit]
	for _, set := range []string{
		fmt.Sprintf("SET GLOBAL innodb_buffer_pool_size = %d", bytes<<shift),
		"SET GLOBAL innodb_log_file_size = 1073741824",
	} {
		if _, err := m.admin.ExecContext(ctx, set); err != nil {
			return nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	return m, nil
}

func (m *maria) open(database string) (*sql.DB, error) { return sql.Open("mysql", m.dsn(database)) }

func (m *maria) dsn(database string) string {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName = m.access.User, m.access.Password, "tcp", m.access.Address, database
	cfg.InterpolateParams = true
	return cfg.FormatDSN()
}

// create makes an empty database.
func (m *maria) create(ctx context.Context) (testkit.Database, error) {
	m.made++
	db := m.access
	db.Name = m.last()
	_, err := m.admin.ExecContext(ctx, "CREATE OR REPLACE DATABASE "+db.Name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	return db, err
}

// last is the name of the database made last.
func (m *maria) last() string { return fmt.Sprintf("bench_%d", m.made) }

func (m *maria) close() {
	for n := range m.made {
		_, _ = m.admin.Exec(fmt.Sprintf("DROP DATABASE IF EXISTS bench_%d", n+1)) // the server goes anyway
	}
	_ = m.admin.Close() // made for this run
	if m.server != nil {
		m.server.Remove()
	}
}

// mariaDatabase gives the URL of an empty database, starting the server when it is first asked for.
func (b *bench) mariaDatabase() (string, error) {
	if b.maria == nil {
		var err error
		if b.maria, err = startMaria(b.ctx, b.buffer); err != nil {
			return "", err
		}
	}
	db, err := b.maria.create(b.ctx)
	return db.URL(), err
}
