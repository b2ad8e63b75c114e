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
	d.Host, d.Name = u.Hostname(), strings.Trim(u.Path, "/")
	if d.Host == "" || d.Name == "" || strings.Contains(d.Name, "/") {
		return errors.New("must be mysql://user:password@host:port/name")
	}
	if u.RawQuery != "" {
		return errors.New("takes no options after ?: use DB_SSL and DB_CONNECTION_LIMIT")
	}
	if d.Port, err = portOf(u, 3306); err != nil {
		return err
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
		_, err = portOf(u, 6379)
		return err
	}
}

// portOf is the URL's port, or the usual one.
func portOf(u *url.URL, usual int) (int, error) {
	if u.Port() == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil || n < 1 || n > 65535 {
		return 0, errors.New("must have a port from 1 to 65535")
	}
	return n, nil
}

// maskURL shows a URL without its password, and without what follows a ?, where some put one.
func maskURL(raw string) string {
	u, err := url.Parse(strings.Trim(raw, `"`))
	if err != nil {
		return hidden
	}
	shown := url.URL{Scheme: u.Scheme, Opaque: u.Opaque, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	text := shown.String()
	if u.User != nil {
		who := u.User.Username()
		if _, has := u.User.Password(); has {
			who += ":" + hidden
		}
		text = strings.Replace(text, "//", "//"+who+"@", 1)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		text += "?" + hidden
	}
	return text
}
