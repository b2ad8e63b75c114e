package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"

	"github.com/spf13/pflag"

	"tidemark/internal/fault"
	"tidemark/internal/mail"
	"tidemark/internal/telemetry"
)

// mailer delivers messages as the configuration says.
func (m *Main) mailer(log *slog.Logger) mail.Sender {
	c := m.Config.Mail
	switch c.Sink {
	case mailSMTP:
		return mail.NewSMTP(mail.Server{
			Host: c.Host, Port: c.Port, Username: c.Username, Password: mail.Password(c.Password.Reveal()), Security: mail.Security(c.TLS), From: c.From,
		}, m.Clock)
	case mailConsole:
		return mail.NewLog(log)
	}
	return mail.NewFiles(m.mailDir(), c.From, m.Clock)
}

// mailQueue is mailer for a server: it keeps nobody waiting, and Close gives what is left the time of SHUTDOWN_GRACE.
func (m *Main) mailQueue(log *slog.Logger) *mail.Queue {
	q := mail.NewQueue(m.mailer(log), log, mail.QueueOptions{})
	m.onClose(m.graceful(q.Close))
	return q
}

func (m *Main) mailDir() string { return filepath.Join(m.Config.DataDir, "mail") }

// publicURL is where links in mails lead.
func (m *Main) publicURL() string {
	return cmp.Or(m.Config.PublicURL, m.baseURL(net.JoinHostPort(m.Config.Host, strconv.Itoa(m.Config.Port))))
}

func (m *Main) mailTest(f *pflag.FlagSet) func(context.Context) error {
	to := f.String("to", "", "address to send to")
	return func(ctx context.Context) error {
		if *to == "" {
			return usageError{"mail test needs --to"}
		}
		log, err := telemetry.NewLogger(m.Stderr, m.Config.LogLevel, m.Config.LogFormat)
		if err != nil {
			return err
		}
		err = m.mailer(log).Send(ctx, mail.Message{
			To: *to, Subject: "A test of Tidemark's mail", Text: "This message was sent by tidemark mail test.\n\nLinks in mails lead to " + m.publicURL() + "\n",
		})
		if fault.Is(err, fault.Invalid) {
			return usageError{"--to must be one address such as name@example.com"}
		}
		if err != nil {
			return fault.New(fault.Unavailable, "the message was not sent: %s", oneLine(err))
		}
		return m.say(map[string]any{"to": *to, "sink": m.Config.Mail.Sink, "by": m.mailPlace()}, fmt.Sprintf("a message to %s went to %s", *to, m.mailPlace()))
	}
}

// mailPlace says where messages go.
func (m *Main) mailPlace() string {
	c := m.Config.Mail
	switch c.Sink {
	case mailSMTP:
		return fmt.Sprintf("%s (%s)", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), c.TLS)
	case mailConsole:
		return "the log"
	}
	return m.mailDir()
}

func (m *Main) examineMail() finding {
	if m.Config.Mail.Sink != mailSMTP {
		return finding{"mail", "warning", "no mail reaches anybody: it goes to " + m.mailPlace() + "; set SMTP_URL or SMTP_HOST"}
	}
	return finding{"mail", "ok", "by " + m.mailPlace() + "; tidemark mail test tries it"}
}
