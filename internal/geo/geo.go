// Package geo tells in which country an address is, by a database that the operator keeps.
package geo

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"tidemark/internal/clock"
	"tidemark/internal/netaddr"
)

// ErrNone says that there is no database to ask.
var ErrNone = errors.New("no database of countries")

const lookEvery = 5 * time.Second // whether the file has become another one

// Countries answers by a file of the MaxMind DB format (version 2.0), such as GeoLite2-Country,
// GeoLite2-City or DB-IP's. The file is held in memory and read again within seconds when it
// has become another one; while what lies there cannot be read, the one read last answers.
// It is safe for concurrent use.
type Countries struct {
	path  string
	clock clock.Clock
	log   *slog.Logger

	mu     sync.Mutex
	looked time.Time
	seen   stamp
	db     *maxminddb.Reader // nil: none could be read yet
	fault  error             // why the file that lies there is not what answers
}

// stamp tells one file from another.
type stamp struct {
	at   time.Time
	size int64
}

// Open reads the database at a path. That none can be read there yet is said by Fault; it is looked for again.
func Open(path string, c clock.Clock, log *slog.Logger) *Countries {
	g := &Countries{path: path, clock: c, log: log}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look()
	return g
}

// Fault says why the file that lies there cannot be used; nil: it is in use.
func (g *Countries) Fault() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look()
	return g.fault
}

// Ready says whether there is a database to ask.
func (g *Countries) Ready() bool {
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look()
	return g.db != nil
}

// Of is the country of an address, as ISO 3166-1 alpha-2 in capitals; empty when the database does not know. ErrNone when there is none.
func (g *Countries) Of(at netip.Addr) (string, error) {
	if g == nil {
		return "", ErrNone
	}
	g.mu.Lock()
	g.look()
	db := g.db
	g.mu.Unlock()
	if db == nil {
		return "", ErrNone
	}
	found := db.Lookup(netaddr.Plain(at))
	var code string
	for _, of := range []string{"country", "registered_country"} {
		if err := found.DecodePath(&code, of, "iso_code"); err != nil {
			return "", fmt.Errorf("the database of countries is damaged: %w", err)
		}
		if code != "" {
			break
		}
	}
	return strings.ToUpper(code), nil
}

// look takes the file if it has become another one. It is held by mu.
func (g *Countries) look() {
	now := g.clock.Now()
	if !g.looked.IsZero() && now.Sub(g.looked) < lookEvery {
		return
	}
	g.looked = now
	info, err := os.Stat(g.path)
	if err != nil {
		g.failed(err)
		return
	}
	is := stamp{info.ModTime(), info.Size()}
	if is == g.seen {
		return
	}
	db, err := read(g.path)
	if err != nil {
		g.failed(err)
		return
	}
	g.db, g.seen, g.fault = db, is, nil
	g.log.Info("countries_read", "path", g.path, "type", db.Metadata.DatabaseType, "built", db.Metadata.BuildTime())
}

func read(path string) (*maxminddb.Reader, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return maxminddb.OpenBytes(data)
}

// failed notes why there is nothing new, and logs it when that was not so before.
func (g *Countries) failed(err error) {
	if g.fault == nil || g.fault.Error() != err.Error() {
		g.log.Warn("countries_not_read", "path", g.path, "error", err)
	}
	g.fault = err
}
