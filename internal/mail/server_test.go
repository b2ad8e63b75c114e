package mail_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tidemark/internal/mail"
)

// server is a small SMTP server (RFC 5321) that speaks as its fields say.
type server struct {
	implicit bool          // TLS from the first byte
	plain    bool          // no STARTTLS
	silent   bool          // never says a word
	user     string        // who may sign in, as "name:password"; empty: nobody has to
	refuse   string        // what RCPT is answered, when not 250
	gate     chan struct{} // nil, or what each message waits for

	address *net.TCPAddr
	roots   *x509.CertPool
	config  *tls.Config

	mu       sync.Mutex
	got      []string // messages, as they came
	commands []string
	arrived  chan struct{}
}

func (s *server) start(t *testing.T) *server {
	t.Helper()
	s.config, s.roots = certificate(t)
	s.arrived = make(chan struct{}, 100)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().(*net.TCPAddr)
	if s.implicit {
		l = tls.NewListener(l, s.config)
	}
	var talks sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	talks.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			talks.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // the test ends
		mu.Lock()
		for _, c := range open {
			_ = c.Close() // the other side may have done it
		}
		mu.Unlock()
		talks.Wait()
	})
	return s
}

// way is how a sender reaches the server.
func (s *server) way() mail.Server {
	v := mail.Server{Host: "127.0.0.1", Port: s.address.Port, Security: mail.StartTLS, From: "Tidemark <sync@example.com>", Roots: s.roots}
	if s.implicit {
		v.Security = mail.TLS
	}
	if name, password, has := strings.Cut(s.user, ":"); has {
		v.Username, v.Password = name, mail.Password(password)
	}
	return v
}

func (s *server) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

func (s *server) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.commands, "\n")
}

func (s *server) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the client may have done it
	r := bufio.NewReader(conn)
	say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) } // reading tells that the client has gone
	if s.silent {
		_, _ = r.ReadByte()
		return
	}
	secure, known := s.implicit, s.user == ""
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.commands = append(s.commands, line)
		s.mu.Unlock()
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test")
			if !secure && !s.plain {
				say("250-STARTTLS")
			}
			if s.user != "" {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			over := tls.Server(conn, s.config)
			if over.Handshake() != nil {
				return
			}
			conn, r, secure = over, bufio.NewReader(over), true
		case "AUTH":
			text, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if string(text) == "\x00"+strings.Replace(s.user, ":", "\x00", 1) {
				known = true
				say("235 welcome")
			} else {
				say("535 no")
			}
		case "MAIL":
			if !known {
				say("530 sign in")
				continue
			}
			say("250 ok")
		case "RCPT":
			if s.refuse != "" {
				say(s.refuse)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			if s.gate != nil {
				<-s.gate
			}
			s.mu.Lock()
			s.got = append(s.got, text.String())
			s.mu.Unlock()
			s.arrived <- struct{}{}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// certificate is one for 127.0.0.1, and who signed it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	raw, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}
