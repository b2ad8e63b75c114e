package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTLSIsServedWithHSTSAndNothingOlderThan12(t *testing.T) {
	t.Parallel()
	cert, key, pool := certificate(t)
	s, _ := bare(t, func(o *Options) { o.TLSCert, o.TLSKey = cert, key })
	url := strings.Replace(serve(t, s), "http://", "https://", 1)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	res, err := client.Get(url + "/health/live")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Header.Get("Strict-Transport-Security"); res.StatusCode != 200 || got != "max-age=63072000" {
		t.Errorf("got %d, HSTS %q", res.StatusCode, got)
	}
	big, err := client.Post(url+"/api/v1/sync/events", "application/json", strings.NewReader(strings.Repeat("x", 4<<20)))
	if err != nil {
		t.Fatalf("a refused body: %v", err)
	}
	_ = big.Body.Close()
	if big.StatusCode != 413 {
		t.Errorf("a refused body: %d", big.StatusCode)
	}
	old := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if c, err := tls.Dial("tcp", s.Addr(), old); err == nil {
		_ = c.Close()
		t.Error("TLS 1.1 was spoken")
	}
}

func TestACertificateThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, func(o *Options) { o.TLSCert, o.TLSKey = "none.pem", "none.key" })
	if err := s.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), "TLS_CERT") {
		t.Errorf("got %v", err)
	}
}

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string][]byte{cert: certPEM, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return cert, key, pool
}
