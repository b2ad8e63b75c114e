package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// ServerVariable names the server that tests use when one is shared by several test binaries.
const ServerVariable = "TIDEMARK_TEST_MARIADB"

// Database is a database of its own on a private MariaDB.
type Database struct {
	Address  string // host:port
	User     string
	Password string
	Name     string
}

// URL is the database as DATABASE_URL wants it.
func (d Database) URL() string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(d.User, d.Password), Host: d.Address, Path: "/" + d.Name}
	return u.String()
}

// ParseDatabase reads what URL writes.
func ParseDatabase(text string) (Database, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Database{}, err
	}
	password, _ := u.User.Password()
	return Database{Address: u.Host, User: u.User.Username(), Password: password, Name: strings.Trim(u.Path, "/")}, nil
}

// shared is the one server of a test binary: tests of a package have no one else to keep it.
var shared struct {
	once   sync.Once
	server *Server // kept, or the collector would close its leash
	access Database
	err    error
}

// MariaDB gives the test an empty database and drops it at the end.
func MariaDB(t testing.TB) Database {
	t.Helper()
	shared.once.Do(func() {
		if text := os.Getenv(ServerVariable); text != "" {
			shared.access, shared.err = ParseDatabase(text)
			return
		}
		if shared.server, shared.err = NewServer(); shared.err == nil {
			shared.access = shared.server.Access
		}
	})
	if shared.err != nil {
		t.Fatalf("a private MariaDB: %v", shared.err)
	}
	return create(t, shared.access)
}

// StartMariaDB gives the test a server of its own, to stop and kill.
func StartMariaDB(t testing.TB) *Server {
	t.Helper()
	s, err := NewServer()
	if err != nil {
		t.Fatalf("a private MariaDB: %v", err)
	}
	t.Cleanup(s.Remove)
	return s
}

// Create makes an empty database on the server, dropped at the end of the test.
func (s *Server) Create(t testing.TB) Database {
	t.Helper()
	return create(t, s.Access)
}

func create(t testing.TB, on Database) Database {
	t.Helper()
	on.Name = "t_" + strings.ToLower(rand.Text()[:12])
	if err := on.exec("CREATE DATABASE " + on.Name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() { _ = on.exec("DROP DATABASE " + on.Name) }) // the server may have been killed by the test
	return on
}

// exec runs a statement outside any database.
func (d Database) exec(statement string) error {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr = d.User, d.Password, "tcp", d.Address
	cfg.Timeout = time.Second
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }() // made for one statement
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// alive waits until the server takes connections or its process has ended.
func (d Database) alive(within time.Duration, ended func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := d.exec("DO 1")
		if err == nil {
			return nil
		}
		if gone := ended(); gone != nil {
			return gone
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer within %s: %w", within, err)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(port)) }
