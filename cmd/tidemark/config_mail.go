package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// choice is oneOf, or nothing.
func choice(to *string, choices ...string) func(string) error {
	set := oneOf(to, choices...)
	return func(raw string) error {
		if raw == "" {
			return nil
		}
		return set(raw)
	}
}

// rootURL is a webURL that ends with its host.
func rootURL(to *string) func(string) error {
	set := webURL(to)
	return func(raw string) error {
		if err := set(raw); err != nil {
			return err
		}
		if u, err := url.Parse(*to); err != nil || *to != "" && u.Scheme+"://"+u.Host != *to {
			return fmt.Errorf("must be a scheme and a host, such as https://sync.example.com, not %q", raw)
		}
		return nil
	}
}

// sender is an address that may have a name before it.
func sender(to *string) func(string) error {
	return func(raw string) error {
		*to = raw
		if _, err := mail.ParseAddress(raw); err != nil || strings.ContainsAny(raw, "\r\n") {
			return fmt.Errorf("must be an address such as Tidemark <sync@example.com>, not %q", raw)
		}
		return nil
	}
}

func smtpURL(to *Secret) func(string) error {
	return func(raw string) error {
		raw = strings.Trim(raw, `"`)
		*to = NewSecret(raw)
		if raw == "" {
			return nil
		}
		return (&Mail{}).parse(raw)
	}
}

// parse reads an SMTP_URL. Its errors never quote it.
func (m *Mail) parse(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("is not a URL; percent-encode special characters of the password")
	}
	security, known := map[string]string{"smtp": "", "smtps": "tls"}[u.Scheme]
	if !known || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must be smtp://user:password@host:port or smtps://…, and nothing more")
	}
	port, err := portOf(u, 0)
	if err != nil {
		return err
	}
	m.Host, m.Port, m.TLS, m.Username = u.Hostname(), port, cmp.Or(security, m.TLS), u.User.Username()
	password, _ := u.User.Password()
	m.Password = NewSecret(password)
	return nil
}

// derive works out what follows from the variables.
func (m *Mail) derive() {
	if m.url.Set() {
		_ = m.parse(m.url.Reveal()) // the setter has reported it
	}
	if m.Port == 0 {
		m.Port = map[string]int{"tls": 465, "none": 25}[m.TLS]
	}
	m.Port = cmp.Or(m.Port, 587)
	if m.Sink == "" {
		m.Sink = mailFile
		if m.Host != "" {
			m.Sink = mailSMTP
		}
	}
}

// checkMail finds what would not arrive, or be read on its way.
func (c *Config) checkMail() []problem {
	var ps []problem
	m := c.Mail
	if m.Sink == mailSMTP && m.Host == "" {
		ps = append(ps, problem{"MAIL_SINK", "is smtp, but neither SMTP_URL nor SMTP_HOST is set"})
	}
	if m.Sink == mailConsole && c.Production {
		ps = append(ps, problem{"MAIL_SINK", "must not be console in production: mails hold links that let people in"})
	}
	if m.Host != "" && m.TLS == "none" && !loopback(m.Host) {
		ps = append(ps, problem{"SMTP_TLS", "may be none for a mail server on this machine only"})
	}
	return ps
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || slices.Contains([]string{"localhost", "localhost."}, strings.ToLower(host))
}
