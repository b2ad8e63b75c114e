package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"tidemark/internal/clock"
)

const certificateLook = 10 * time.Second // between two looks whether the files are others

// certificates keep the pair of TLS_CERT and TLS_KEY, and take another one as soon as both files are there: those
// of today's authorities live for weeks, and a server for years.
type certificates struct {
	cert, key string
	clock     clock.Clock
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	of     [2]time.Time // when the files of the pair were changed
	looked time.Time
}

// open reads the pair for the first time.
func (c *certificates) open() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("cannot use TLS_CERT and TLS_KEY: %w", err)
	}
	c.pair, c.looked = &pair, c.clock.Now()
	c.of, err = c.changed()
	return err
}

func (c *certificates) changed() (at [2]time.Time, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		at[i] = info.ModTime()
	}
	return at, nil
}

// get is the pair of now. Files that cannot be used leave the one that could, and the log says so.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	if now.Sub(c.looked) < certificateLook {
		return c.pair, nil
	}
	c.looked = now
	at, err := c.changed()
	if err == nil && at == c.of {
		return c.pair, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	if err != nil {
		c.log.Warn("certificate_refused", "error", err.Error())
		return c.pair, nil
	}
	c.pair, c.of = &pair, at
	c.log.Info("certificate_taken")
	return c.pair, nil
}
