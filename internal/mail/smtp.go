package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"tidemark/internal/clock"
)

// DefaultTimeout is how long a delivery may take, from the first packet to the last.
const DefaultTimeout = 30 * time.Second

// ErrRefused says that the server will not take the message, however often it is asked.
var ErrRefused = errors.New("the mail server refused the message")

// Security is how a connection to a mail server is kept from being read.
type Security string

// The ways there are. StartTLS gives up where the server does not offer it.
const (
	StartTLS Security = "starttls"
	TLS      Security = "tls" // from the first byte
	Plain    Security = "none"
)

// Password is a text that no print or log shows.
type Password string

// Format prints that there is something to hide.
func (Password) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[hidden]")) } // a State's Write does not fail

// LogValue is the same for logs.
func (Password) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// Server is a mail server to send by.
type Server struct {
	Host     string
	Port     int
	Username string // empty: without signing in
	Password Password
	Security Security
	From     string         // an address, with a name if wanted
	Timeout  time.Duration  // 0: DefaultTimeout
	Roots    *x509.CertPool // who may have signed the server's certificate; nil: as the system has it
}

// SMTP sends by a mail server, with a connection for each message. A password is
// sent over TLS alone, or to this machine.
type SMTP struct {
	server Server
	clock  clock.Clock
}

// NewSMTP makes a sender by the server, which it does not yet ask.
func NewSMTP(s Server, c clock.Clock) *SMTP {
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	return &SMTP{server: s, clock: c}
}

// Send gives the message to the server. The error is ErrRefused when another attempt would fail as well.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := m.compose(s.server.From, s.clock)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.server.Timeout)
	defer cancel()
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, msg)
	var said *gomail.SendError
	switch {
	case msg.IsDelivered():
		return nil // the server has it, whatever became of the parting
	case err == nil:
		return errors.New("the mail server did not take the message")
	case errors.As(err, &said) && said.ErrorCode() >= 500:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

func (s *SMTP) client(ctx context.Context) (*gomail.Client, error) {
	v := s.server
	options := []gomail.Option{
		gomail.WithPort(v.Port), gomail.WithTimeout(v.Timeout), gomail.WithTLSPolicy(gomail.NoTLS),
		gomail.WithTLSConfig(v.config()), gomail.WithDialContextFunc(v.dialer(ctx)),
	}
	if v.Security == StartTLS {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if v.Username != "" {
		options = append(options, gomail.WithUsername(v.Username), gomail.WithPassword(string(v.Password)),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return gomail.NewClient(v.Host, options...)
}

func (v Server) config() *tls.Config {
	return &tls.Config{ServerName: v.Host, RootCAs: v.Roots, MinVersion: tls.VersionTLS12}
}

// dialer makes connections that end with the context of the delivery, also those that the library forgets.
func (v Server) dialer(delivery context.Context) gomail.DialContextFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		address := net.JoinHostPort(v.Host, strconv.Itoa(v.Port))
		var conn net.Conn
		var err error
		if v.Security == TLS {
			conn, err = (&tls.Dialer{Config: v.config()}).DialContext(ctx, network, address)
		} else {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		if err == nil {
			context.AfterFunc(delivery, func() { _ = conn.Close() }) // it may be closed already
		}
		return conn, err
	}
}
