// Package mail sends messages to people: by SMTP, or where no server is configured
// into a folder of files or the log, so that what would have been sent can be read.
//
// An [SMTP], [Files] or [Log] delivers one message and says how that went. A [Queue]
// before it takes messages from whoever must not wait, and tries again.
package mail

import (
	"context"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const (
	maxAddress = 254       // bytes, as RFC 5321 has it
	maxSubject = 200       // bytes
	maxText    = 256 << 10 // bytes
)

// Message is a text for one person.
type Message struct {
	To      string // an address such as name@example.com
	Subject string // one line
	Text    string // plain text
}

// Sender delivers messages. It must be safe for concurrent use. An error means that the message may not have been delivered.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// CheckAddress refuses (invalid) what is not one bare address such as name@example.com.
func CheckAddress(address string) error {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxAddress || strings.ContainsFunc(address, unicode.IsControl) {
		return fault.OfField("to", "email", "must be one address such as name@example.com")
	}
	return nil
}

// Check refuses (invalid) a message that could say more to a mail server than its
// fields mean, such as a subject with a line break.
func (m Message) Check() error {
	if err := CheckAddress(m.To); err != nil {
		return err
	}
	if m.Subject == "" || len(m.Subject) > maxSubject || !utf8.ValidString(m.Subject) || strings.ContainsFunc(m.Subject, unicode.IsControl) {
		return fault.OfField("subject", "line", "must be one line of text")
	}
	if len(m.Text) > maxText || !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, 0) {
		return fault.OfField("text", "text", "must be plain text")
	}
	return nil
}

// compose writes the message as mail servers and mail programs read it.
func (m Message) compose(from string, c clock.Clock) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(from); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, err
	}
	msg.SetMessageIDWithValue(clock.NewID(c) + sender.Address[strings.LastIndexByte(sender.Address, '@'):])
	msg.SetDateWithValue(c.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.Subject(m.Subject)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}
