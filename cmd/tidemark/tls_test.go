package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// TestTheDatabasesTLSIsRequiredAndVerified: with DB_SSL nothing is said to a server that is not who it should be.
func TestTheDatabasesTLSIsRequiredAndVerified(t *testing.T) {
	t.Parallel()
	server := testkit.StartMariaDB(t)
	db := server.Create(t)
	ca, cert, key := signedCertificate(t)
	other, _, _ := signedCertificate(t)
	elsewhere := db
	elsewhere.Address = strings.Replace(db.Address, "127.0.0.1", "localhost", 1)
	tryAt := func(t *testing.T, db testkit.Database, ca string) (int, string) {
		t.Helper()
		code, _, errs := newProgram(t, "DATABASE_URL="+db.URL(), "DB_SSL=true", "DB_SSL_CA="+ca).run("migrate", "status")
		if strings.Contains(errs, db.Password) {
			t.Errorf("shows the password: %s", errs)
		}
		return code, errs
	}
	try := func(t *testing.T, ca string) (int, string) { t.Helper(); return tryAt(t, db, ca) }
	if code, errs := try(t, ca); code != exitFailure || !strings.Contains(errs, "TLS") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a server without TLS: %d %s", code, errs)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	server.Args = []string{"--ssl-cert=" + cert, "--ssl-key=" + key, "--require-secure-transport=OFF"}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if code, errs := try(t, ca); code != exitOK {
		t.Errorf("the right authority: %d %s", code, errs)
	}
	if code, errs := try(t, other); code != exitFailure || !strings.Contains(errs, "certificate") {
		t.Errorf("another authority: %d %s", code, errs)
	}
	if code, errs := tryAt(t, elsewhere, ca); code != exitFailure || !strings.Contains(errs, "certificate") || !strings.Contains(errs, "localhost") {
		t.Errorf("a name the certificate is not for: %d %s", code, errs)
	}
	if code, errs := try(t, key); code != exitFailure || !strings.Contains(errs, "DB_SSL_CA") {
		t.Errorf("a file without a certificate: %d %s", code, errs)
	}
}

// signedCertificate makes an authority, and a certificate and key of 127.0.0.1 that it signed.
func signedCertificate(t *testing.T) (ca, cert, key string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the server runs as another user
		t.Fatal(err)
	}
	ca, cert, key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	root, leaf := newKey(t), newKey(t)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	host := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	private, err := x509.MarshalPKCS8PrivateKey(leaf)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, ca, "CERTIFICATE", sign(t, authority, authority, root, root))
	writePEM(t, cert, "CERTIFICATE", sign(t, host, authority, leaf, root))
	writePEM(t, key, "PRIVATE KEY", private)
	return ca, cert, key
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t *testing.T, c, by *x509.Certificate, of, with *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, by, of.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil { // the server runs as another user
		t.Fatal(err)
	}
}
