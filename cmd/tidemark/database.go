package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"tidemark/internal/clock"
	"tidemark/internal/seal"
	"tidemark/store"
)

// options are how the store reaches the database.
func (d *Database) options(c clock.Clock) (store.Options, error) {
	o := store.Options{SQLite: d.SQLite, Clock: c, MaxConns: d.Connections}
	if d.SQLite != "" {
		return o, nil
	}
	o.MySQL = &store.MySQL{
		Address:  net.JoinHostPort(d.Host, strconv.Itoa(d.Port)),
		User:     d.Username,
		Password: d.Password.Reveal(),
		Database: d.Name,
	}
	if !d.TLS {
		return o, nil
	}
	roots, err := d.authorities()
	o.MySQL.TLS = &tls.Config{ServerName: d.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	return o, err
}

// authorities are who may have signed the server's certificate; nil: the system's.
func (d *Database) authorities() (*x509.CertPool, error) {
	if d.TLSCA == "" {
		return nil, nil //nolint:nilnil // nil is how crypto/tls spells the system's authorities
	}
	pem, err := os.ReadFile(d.TLSCA)
	if err != nil {
		return nil, fmt.Errorf("DB_SSL_CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("DB_SSL_CA: %s holds no certificate in PEM", d.TLSCA)
	}
	return pool, nil
}

// describe names the database for a person, without its password.
func (d *Database) describe() string {
	if d.SQLite != "" {
		return "SQLite " + d.SQLite
	}
	return fmt.Sprintf("MariaDB/MySQL %s at %s", d.Name, net.JoinHostPort(d.Host, strconv.Itoa(d.Port)))
}

// storeOptions are how the store reaches the database, with what vouches for its audit.
func (m *Main) storeOptions(c clock.Clock) (store.Options, error) {
	o, err := m.Config.Database.options(c)
	if err != nil {
		return o, err
	}
	if err := m.Config.FillSecrets(); err != nil {
		return o, err
	}
	var former error
	o.AuditKey, err = seal.Key(m.Config.SealSecret.Reveal(), "audit")
	o.AuditKeyFormer, former = seal.Key(m.Config.SealFormer.Reveal(), "audit")
	return o, errors.Join(err, former)
}

// openStore opens the database as it is.
func (m *Main) openStore(ctx context.Context) (*store.Store, error) {
	o, err := m.storeOptions(m.Clock)
	if err != nil {
		return nil, err
	}
	o.Master = m.masterKey(ctx)
	s, err := store.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open the database (%s): %w", m.Config.Database.describe(), err)
	}
	m.onClose(s.Close)
	return s, nil
}

// migrated opens the database and brings its schema up to date.
func (m *Main) migrated(ctx context.Context) (*store.Store, error) {
	s, err := m.openStore(ctx)
	if err != nil {
		return nil, err
	}
	return s, s.Migrate(ctx)
}
