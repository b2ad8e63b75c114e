package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/mail"
	"tidemark/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func hello() mail.Message {
	return mail.Message{To: "ada@example.org", Subject: "Schlüssel läuft ab", Text: "Dear Ada,\n.\na dot alone.\n"}
}

func TestAMessageArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*server{
		"STARTTLS": {}, "TLS from the start": {implicit: true}, "signed in over STARTTLS": {user: "ada:s3cret"}, "signed in over TLS": {implicit: true, user: "ada:s3cret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.start(t)
			if err := mail.NewSMTP(s.way(), clock.At(noon)).Send(t.Context(), hello()); err != nil {
				t.Fatal(err)
			}
			got := s.messages()
			if len(got) != 1 {
				t.Fatalf("%d messages arrived", len(got))
			}
			checkMessage(t, strings.ReplaceAll(got[0], "\r\n..", "\r\n."))
			if h := s.heard(); !strings.Contains(h, "MAIL FROM:<sync@example.com>") || !strings.Contains(h, "RCPT TO:<ada@example.org>") {
				t.Errorf("the server heard\n%s", h)
			}
		})
	}
}

func checkMessage(t *testing.T, raw string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	subject, err := new(mimeWords).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != hello().Subject {
		t.Errorf("subject %q: %v", subject, err)
	}
	body, err := io.ReadAll(decoded(m))
	if err != nil || strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")) != strings.TrimSpace(hello().Text) {
		t.Errorf("text %q: %v", body, err)
	}
	at, err := m.Header.Date()
	if err != nil || !at.Equal(noon) || m.Header.Get("From") != `"Tidemark" <sync@example.com>` || m.Header.Get("To") != "<ada@example.org>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("%v, %v", m.Header, err)
	}
	if id := m.Header.Get("Message-ID"); !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("the id %s tells where it was made", id)
	}
}

func TestNothingIsSentWhereItCouldBeReadOrTheServerIsAnother(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		server *server
		change func(*mail.Server)
	}{
		"no STARTTLS is offered":                  {&server{plain: true, user: "ada:s3cret"}, nil},
		"the certificate is signed by a stranger": {&server{user: "ada:s3cret"}, func(v *mail.Server) { v.Roots = nil }},
		"the same over TLS":                       {&server{implicit: true, user: "ada:s3cret"}, func(v *mail.Server) { v.Roots = nil }},
		"the certificate is of another host":      {&server{user: "ada:s3cret"}, func(v *mail.Server) { v.Host = "localhost" }},
		"the password is wrong":                   {&server{user: "ada:s3cret"}, func(v *mail.Server) { v.Password = "wrong" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := tc.server.start(t).way()
			if tc.change != nil {
				tc.change(&v)
			}
			err := mail.NewSMTP(v, clock.At(noon)).Send(t.Context(), hello())
			if err == nil || len(tc.server.messages()) > 0 || strings.Contains(tc.server.heard(), "MAIL") {
				t.Errorf("%v; the server heard\n%s", err, tc.server.heard())
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	v := (&server{silent: true}).start(t).way()
	v.Timeout = 50 * time.Millisecond
	if err := mail.NewSMTP(v, clock.At(noon)).Send(t.Context(), hello()); err == nil {
		t.Error("it was waited for")
	}
	v.Timeout = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := mail.NewSMTP(v, clock.At(noon)).Send(ctx, hello()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the context has ended: %v", err)
	}
}

func TestOnlyARefusalForGoodIsOne(t *testing.T) {
	t.Parallel()
	for answer, final := range map[string]bool{"550 no such user": true, "451 later": false} {
		s := (&server{refuse: answer}).start(t)
		if err := mail.NewSMTP(s.way(), clock.At(noon)).Send(t.Context(), hello()); err == nil || errors.Is(err, mail.ErrRefused) != final {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestAMessageCannotSayMoreThanItsFields(t *testing.T) {
	t.Parallel()
	s := (&server{}).start(t)
	dir := t.TempDir()
	queue := mail.NewQueue(mail.NewSMTP(s.way(), clock.At(noon)), telemetry.Discard(), mail.QueueOptions{})
	defer func() { _ = queue.Close(t.Context()) }() // nothing is in it
	senders := map[string]mail.Sender{
		"smtp": mail.NewSMTP(s.way(), clock.At(noon)), "file": mail.NewFiles(dir, "sync@example.com", clock.At(noon)), "log": mail.NewLog(telemetry.Discard()), "queue": queue,
	}
	for _, m := range []mail.Message{
		{To: "ada@example.org\r\nBcc: eve@example.org", Subject: "s"},
		{To: "ada@example.org>\r\nRCPT TO:<eve@example.org", Subject: "s"},
		{To: "ada@example.org, eve@example.org", Subject: "s"},
		{To: "Ada <ada@example.org>", Subject: "s"},
		{To: "ada", Subject: "s"},
		{To: "", Subject: "s"},
		{To: strings.Repeat("a", 250) + "@example.org", Subject: "s"},
		{To: "ada@example.org", Subject: "s\r\nBcc: eve@example.org"},
		{To: "ada@example.org", Subject: "s\nx"},
		{To: "ada@example.org", Subject: "s\x00"},
		{To: "ada@example.org"},
		{To: "ada@example.org", Subject: strings.Repeat("s", 201)},
		{To: "ada@example.org", Subject: "s", Text: "\x00"},
		{To: "ada@example.org", Subject: "s", Text: strings.Repeat("t", 256<<10+1)},
	} {
		for name, sender := range senders {
			if err := sender.Send(t.Context(), m); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s took %.80q: %v", name, m, err)
			}
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 || s.heard() != "" {
		t.Errorf("%v were written and the server heard %q: %v", files, s.heard(), err)
	}
}

func TestFilesAreWholeSortedAndTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	c := clock.At(noon)
	f := mail.NewFiles(dir, "Tidemark <sync@example.com>", c)
	for range 3 {
		if err := f.Send(t.Context(), hello()); err != nil {
			t.Fatal(err)
		}
	}
	c.Advance(time.Hour)
	late := hello()
	late.To = "late@example.org"
	if err := f.Send(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%v: %v", entries, err)
	}
	for i, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode() != 0o600 || filepath.Ext(e.Name()) != ".eml" {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || strings.Contains(string(raw), "late@") != (i == 3) {
			t.Errorf("%s is not where its time puts it: %v", e.Name(), err)
		}
		if i == 0 {
			checkMessage(t, string(raw))
		}
	}
}

func TestTheLogTellsWhatWouldHaveBeenSent(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := mail.NewLog(slog.New(slog.NewTextHandler(&b, nil))).Send(t.Context(), mail.Message{To: "ada@example.org", Subject: "sub", Text: "txt"}); err != nil {
		t.Fatal(err)
	}
	if line := b.String(); !strings.Contains(line, "to=ada@example.org subject=sub text=txt") {
		t.Error(line)
	}
}

func TestAPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	v := mail.Server{Password: "s3cret"}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "p", v.Password, "v", v)
	if text := fmt.Sprintf("%v %+v %s %q %x ", v, v, v.Password, v.Password, v.Password) + b.String(); strings.Contains(text, "s3cret") || strings.Contains(text, fmt.Sprintf("%x", "s3cret")) {
		t.Error(text)
	}
}

// picky is a sender that fails as told.
type picky struct {
	mu     sync.Mutex
	fail   []error // one an attempt; then none
	tried  int
	sent   []string
	moved  chan struct{}
	blocks chan struct{} // nil, or what each attempt waits for
}

func (p *picky) Send(ctx context.Context, m mail.Message) error {
	defer func() { p.moved <- struct{}{} }()
	if p.blocks != nil {
		select {
		case <-p.blocks:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried++
	if len(p.fail) > 0 {
		err := p.fail[0]
		p.fail = p.fail[1:]
		return err
	}
	p.sent = append(p.sent, m.Subject)
	return nil
}

// lines is a log that tests read.
type lines struct {
	mu    sync.Mutex
	b     strings.Builder
	wrote chan struct{} // nil, or told of each line
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrote != nil {
		l.wrote <- struct{}{}
	}
	return l.b.Write(p)
}

func (l *lines) lost() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), "mail lost")
}

func TestAQueueTriesAgainAndGivesUp(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, tc := range map[string]struct {
		fail        []error
		tried, lost int
	}{
		"at once":           {nil, 1, 0},
		"the third time":    {[]error{down, down}, 3, 0},
		"never":             {[]error{down, down, down, down}, 3, 1},
		"refused for good":  {[]error{fmt.Errorf("%w: 550", mail.ErrRefused)}, 1, 1},
		"refused the next":  {[]error{down, mail.ErrRefused}, 2, 1},
		"down and up again": {[]error{down}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &picky{fail: tc.fail, moved: make(chan struct{}, 10)}
			log := &lines{}
			q := mail.NewQueue(p, slog.New(slog.NewTextHandler(log, nil)), mail.QueueOptions{Attempts: 3, Pause: time.Millisecond})
			if err := q.Send(t.Context(), hello()); err != nil {
				t.Fatal(err)
			}
			for range tc.tried {
				<-p.moved
			}
			if err := q.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p.tried != tc.tried || log.lost() != tc.lost || len(p.sent) != 1-tc.lost {
				t.Errorf("tried %d times, %d sent, %d lost", p.tried, len(p.sent), log.lost())
			}
		})
	}
}

func TestAQueueNeverKeepsAnybodyWaitingAndIsBounded(t *testing.T) {
	t.Parallel()
	p := &picky{moved: make(chan struct{}, 10), blocks: make(chan struct{})}
	log := &lines{}
	q := mail.NewQueue(p, slog.New(slog.NewTextHandler(log, nil)), mail.QueueOptions{Held: 3})
	for i := range 3 {
		if err := q.Send(t.Context(), mail.Message{To: "a@example.org", Subject: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Send(t.Context(), hello()); !fault.Is(err, fault.Unavailable) || log.lost() != 1 {
		t.Errorf("the fourth of three: %v, %d lost", err, log.lost())
	}
	close(p.blocks)
	if err := q.Close(t.Context()); err != nil || !slices.Equal(p.sent, []string{"0", "1", "2"}) {
		t.Errorf("closing sends what waits: %v, %v", p.sent, err)
	}
	if err := q.Send(t.Context(), hello()); !fault.Is(err, fault.Unavailable) || log.lost() != 2 {
		t.Errorf("a closed queue: %v, %d lost", err, log.lost())
	}
}

func TestClosingTriesOnceMoreAndEndsInTime(t *testing.T) {
	t.Parallel()
	t.Run("what waits for another attempt gets it", func(t *testing.T) {
		t.Parallel()
		p := &picky{fail: []error{errors.New("down")}, moved: make(chan struct{}, 10)}
		log := &lines{wrote: make(chan struct{}, 10)}
		q := mail.NewQueue(p, slog.New(slog.NewTextHandler(log, nil)), mail.QueueOptions{Pause: time.Hour})
		if err := q.Send(t.Context(), hello()); err != nil {
			t.Fatal(err)
		}
		<-log.wrote // it is delayed
		if err := q.Close(t.Context()); err != nil || p.tried != 2 || len(p.sent) != 1 {
			t.Errorf("tried %d times, sent %v: %v", p.tried, p.sent, err)
		}
	})
	t.Run("a sender that hangs does not hold the stop", func(t *testing.T) {
		t.Parallel()
		p := &picky{moved: make(chan struct{}, 10), blocks: make(chan struct{})}
		log := &lines{}
		q := mail.NewQueue(p, slog.New(slog.NewTextHandler(log, nil)), mail.QueueOptions{})
		for range 2 {
			if err := q.Send(t.Context(), hello()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := q.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || log.lost() != 2 {
			t.Errorf("%v, %d lost", err, log.lost())
		}
	})
}
