package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/mail"
)

func TestMailsGoWhereTheVariablesSay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		env  string
		want Mail
	}{
		{"", Mail{Sink: "file", Port: 587, TLS: "starttls"}},
		{"SMTP_HOST=mail.example.com", Mail{Sink: "smtp", Host: "mail.example.com", Port: 587, TLS: "starttls"}},
		{"SMTP_HOST=mail.example.com SMTP_TLS=tls SMTP_USERNAME=u", Mail{Sink: "smtp", Host: "mail.example.com", Port: 465, TLS: "tls", Username: "u"}},
		{"SMTP_HOST=127.0.0.1 SMTP_TLS=none", Mail{Sink: "smtp", Host: "127.0.0.1", Port: 25, TLS: "none"}},
		{"SMTP_HOST=mail.example.com SMTP_PORT=2525 MAIL_SINK=file", Mail{Sink: "file", Host: "mail.example.com", Port: 2525, TLS: "starttls"}},
		{"SMTP_URL=smtps://u:p%40w@mail.example.com", Mail{Sink: "smtp", Host: "mail.example.com", Port: 465, TLS: "tls", Username: "u"}},
		{"SMTP_URL=smtp://mail.example.com:26 SMTP_HOST=other.example.com", Mail{Sink: "smtp", Host: "mail.example.com", Port: 26, TLS: "starttls"}},
		{"MAIL_SINK=console", Mail{Sink: "console", Port: 587, TLS: "starttls"}},
	} {
		got := mustLoad(t, strings.Fields(tc.env)...).Mail
		if strings.Contains(tc.env, "p%40w") && got.Password.Reveal() != "p@w" {
			t.Errorf("%s: password %q", tc.env, got.Password.Reveal())
		}
		tc.want.From, got.Password, got.url = "Tidemark <tidemark@localhost>", Secret{}, Secret{}
		if got != tc.want {
			t.Errorf("%s: %+v", tc.env, got)
		}
	}
}

func TestMailsThatCouldBeReadOrGoNowhereAreRefused(t *testing.T) {
	t.Parallel()
	for env, name := range map[string]string{
		"MAIL_SINK=smtp":                                                 "MAIL_SINK",
		"APP_ENV=production MAIL_SINK=console":                           "MAIL_SINK",
		"SMTP_HOST=mail.example.com SMTP_TLS=none":                       "SMTP_TLS",
		"SMTP_URL=smtp://mail.example.com?tls=none":                      "SMTP_URL",
		"SMTP_URL=mail.example.com":                                      "SMTP_URL",
		"MAIL_FROM=nobody":                                               "MAIL_FROM",
		"APP_ENV=production PUBLIC_URL=http://sync.example.com":          "PUBLIC_URL",
		"PUBLIC_URL=https://sync.example.com/below":                      "PUBLIC_URL",
		"PUBLIC_URL=https://u:p@sync.example.com":                        "PUBLIC_URL",
		"APP_ENV=production SMTP_HOST=mail.example.com SMTP_TLS=none X=": "SMTP_TLS",
	} {
		if _, err := load(t, strings.Fields(env)...); err == nil || !strings.Contains(err.Error(), " "+name+" ") {
			t.Errorf("%s: %v", env, err)
		}
	}
}

func TestAMailServerThatIsNotUsedIsWarnedOf(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]bool{"SMTP_HOST=localhost MAIL_SINK=file": true, "SMTP_HOST=localhost": false, "MAIL_SINK=file": false} {
		if got := len(mustLoad(t, strings.Fields(env)...).Warnings) > 0; got != want {
			t.Errorf("%s: warned: %v", env, got)
		}
	}
}

func TestLinksInMailsLeadToThePublicURL(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"": "http://127.0.0.1:3000", "HOST=0.0.0.0 PORT=8080": "http://127.0.0.1:8080", "API_URL=https://api.example.com": "https://api.example.com",
		"API_URL=https://api.example.com PUBLIC_URL=https://sync.example.com/": "https://sync.example.com",
	} {
		if got := (&Main{Config: mustLoad(t, strings.Fields(env)...)}).publicURL(); got != want {
			t.Errorf("%s: %s", env, got)
		}
	}
}

func TestAMailIsTriedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "PUBLIC_URL=https://sync.example.com")
	if got := p.must("mail", "test", "--to", "ada@example.org"); got["sink"] != "file" {
		t.Errorf("said %v", got)
	}
	files, err := filepath.Glob(filepath.Join(p.dir, "data", "mail", "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v: %v", files, err)
	}
	if raw, err := os.ReadFile(files[0]); err != nil || !strings.Contains(string(raw), "To: <ada@example.org>") || !strings.Contains(string(raw), "https://sync.example.com") {
		t.Errorf("%s: %v", raw, err)
	}
	if code, _, _ := p.run("mail", "test"); code != exitUsage {
		t.Errorf("without an address: %d", code)
	}
	if code, _, _ := p.run("mail", "test", "--to", "ada"); code != exitUsage {
		t.Errorf("to no address: %d", code)
	}
	p.env = append(p.env, "SMTP_HOST=127.0.0.1", "SMTP_PORT=1", "SMTP_PASSWORD="+strong, "SMTP_USERNAME=u")
	if code, out, errs := p.run("mail", "test", "--to", "ada@example.org"); code != exitFailure || !strings.Contains(errs, "was not sent") || strings.Contains(out+errs, strong) {
		t.Errorf("to a server that is away: %d %s%s", code, out, errs)
	}
}

func TestTheDoctorSaysWhenNoMailReachesAnybody(t *testing.T) {
	t.Parallel()
	m := &Main{Config: mustLoad(t)}
	if f := m.examineMail(); f.State != "warning" {
		t.Errorf("nothing set: %+v", f)
	}
	m.Config = mustLoad(t, "SMTP_URL=smtps://u:"+strong+"@mail.example.com")
	if f := m.examineMail(); f.State != "ok" || !strings.Contains(f.Detail, "mail.example.com:465") || strings.Contains(f.Detail, strong) {
		t.Errorf("a server: %+v", f)
	}
	if _, ok := m.mailer(nil).(*mail.SMTP); !ok {
		t.Error("the server is not used")
	}
}
