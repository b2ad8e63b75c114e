package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidemark/internal/clock"
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

func TestAnotherCertificateTakesOverWhileItRuns(t *testing.T) {
	t.Parallel()
	cert, key, pool := certificate(t)
	now := clock.At(time.Now())
	s, _ := bare(t, func(o *Options) { o.TLSCert, o.TLSKey, o.Clock = cert, key, now })
	serve(t, s)
	seen := func(pool *x509.CertPool) error {
		c, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: pool})
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	if err := seen(pool); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	replace := func(name, from string) {
		t.Helper()
		b := []byte("half of a file")
		var err error
		if from != "" {
			b, err = os.ReadFile(from)
		}
		if err := errors.Join(err, os.WriteFile(name, b, 0o600), os.Chtimes(name, later, later)); err != nil {
			t.Fatal(err)
		}
	}
	cert2, key2, pool2 := certificate(t)
	replace(cert, "")
	now.Advance(certificateLook)
	if err := seen(pool); err != nil {
		t.Errorf("a file that cannot be used: %v", err)
	}
	later = later.Add(time.Minute)
	replace(cert, cert2)
	replace(key, key2)
	if err := seen(pool); err != nil {
		t.Errorf("before it is looked at: %v", err)
	}
	now.Advance(certificateLook)
	if err := seen(pool2); err != nil {
		t.Errorf("the new one: %v", err)
	}
}

func TestPlainHTTPIsSentOnToHTTPS(t *testing.T) {
	t.Parallel()
	cert, key, pool := certificate(t)
	port := freePort(t)
	s, _ := bare(t, func(o *Options) { o.TLSCert, o.TLSKey, o.RedirectPort = cert, key, port })
	serve(t, s)
	plain := fmt.Sprintf("http://127.0.0.1:%d", port)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	res, err := client.Get(plain + "/health/live?a=%2F")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Request.URL.String(); res.StatusCode != 200 || got != "https://"+s.Addr()+"/health/live?a=%2F" {
		t.Errorf("%d at %s", res.StatusCode, got)
	}
	for name, change := range map[string]func(*http.Request){
		"a write":     func(r *http.Request) { r.Method = http.MethodPost },
		"a key":       func(r *http.Request) { r.Header.Set("X-API-Key", "sk") },
		"a token":     func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"a session":   func(r *http.Request) { r.Header.Set("Cookie", "a=b") },
		"another way": func(r *http.Request) { r.Method = http.MethodOptions },
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, plain+"/console", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.Header.Get("Location"))
		}
	}
	s.opt.PublicURL = "https://sync.example.com"
	if got := s.httpsHost("evil.example:80"); got != "sync.example.com" {
		t.Errorf("with PUBLIC_URL it is %s", got)
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
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
