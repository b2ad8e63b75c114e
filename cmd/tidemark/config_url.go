package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

func webURL(to *string) func(string) error {
	return func(raw string) error {
		*to = strings.TrimRight(raw, "/")
		if raw == "" {
			return nil
		}
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("must be an address such as https://api.example.com, not %q", raw)
		}
		return nil
	}
}

// databaseURL accepts MariaDB, MySQL and SQLite. Its errors never quote the
// value: it may hold a password. Quotes around it are dropped, as some tools
// that read .env files keep them.
func databaseURL(to *Secret) func(string) error {
	return func(raw string) error {
		raw = strings.Trim(raw, `"`)
		*to = NewSecret(raw)
		if raw == "" {
			return nil
		}
		var d Database
		return d.parse(raw)
	}
}

// parse reads a DATABASE_URL.
func (d *Database) parse(raw string) error {
	scheme, rest, found := strings.Cut(raw, ":")
	switch {
	case scheme == "postgres" || scheme == "postgresql":
		return errors.New("names PostgreSQL, which Tidemark does not run on: use mysql://user:password@host:3306/name for MariaDB or MySQL, or sqlite:///path")
	case found && (scheme == "sqlite" || scheme == "file"):
		return d.parseSQLite(rest)
	case found && (scheme == "mysql" || scheme == "mariadb"):
		return d.parseMySQL(raw)
	}
	return errors.New("must be a mysql://, sqlite:// or file: address")
}

func (d *Database) parseSQLite(rest string) error {
	path := strings.TrimPrefix(rest, "//")
	if path == "" || strings.ContainsAny(path, "?#") || strings.Contains(path, ":memory:") {
		return errors.New("must name a file and nothing more, such as sqlite:///var/lib/tidemark/tidemark.db")
	}
	d.SQLite = path
	return nil
}

func (d *Database) parseMySQL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("is not a URL; percent-encode special characters of the password")
	}
	d.Host, d.Name, d.Port = u.Hostname(), strings.Trim(u.Path, "/"), 3306
	if d.Host == "" || d.Name == "" || strings.Contains(d.Name, "/") {
		return errors.New("must be mysql://user:password@host:port/name")
	}
	if u.RawQuery != "" {
		return errors.New("takes no options after ?: use DB_SSL and DB_CONNECTION_LIMIT")
	}
	if u.Port() != "" {
		d.Port, _ = strconv.Atoi(u.Port()) // the URL parser let digits through only
	}
	password, _ := u.User.Password()
	d.Username, d.Password = u.User.Username(), NewSecret(password)
	return nil
}

func redisURL(to *Secret) func(string) error {
	return func(raw string) error {
		raw = strings.Trim(raw, `"`)
		*to = NewSecret(raw)
		if raw == "" {
			return nil
		}
		u, err := url.Parse(raw)
		if err != nil || u.Hostname() == "" || (u.Scheme != "redis" && u.Scheme != "rediss") {
			return errors.New("must be redis://host:port or rediss://host:port")
		}
		return nil
	}
}

// maskURL shows a URL without its password.
func maskURL(raw string) string {
	u, err := url.Parse(strings.Trim(raw, `"`))
	if err != nil {
		return hidden
	}
	if u.User == nil {
		return raw
	}
	shown := u.Scheme + "://" + u.User.Username()
	if _, has := u.User.Password(); has {
		shown += ":" + hidden
	}
	return shown + "@" + u.Host + u.Path
}
