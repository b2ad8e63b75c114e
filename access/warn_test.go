package access

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"tidemark/internal/mail"
	"tidemark/models"
)

// outbox is a sender that tests read.
type outbox struct {
	mu  sync.Mutex
	got []mail.Message
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.got = append(o.got, m)
	return m.Check()
}

// take is what was sent since it was asked last.
func (o *outbox) take() []mail.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.got
	o.got = nil
	return out
}

// warns makes an administrator and has another process warn of keys.
func warns(t *testing.T, r *room, emails ...string) (*Access, *outbox) {
	t.Helper()
	for _, e := range emails {
		if _, err := r.store.CreateAccount(t.Context(), models.Account{Installation: true, Email: e, Name: e, PasswordHash: []byte("none")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.store.CreateAccount(t.Context(), models.Account{Email: "member@example.org", Name: "of some tenant alone", PasswordHash: []byte("none")}); err != nil && len(emails) > 0 {
		t.Fatal(err)
	}
	box := &outbox{}
	o := r.opt
	o.Store, o.Mail, o.PublicURL, o.KeyMaxAge = r.open(t), box, "https://sync.example.com", 90
	a := New(o)
	t.Cleanup(a.Close)
	return a, box
}

func TestAdministratorsAreToldOnceOfEachStepToAnExpiry(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		a, box := warns(t, r, "ada@example.org", "ben@example.org")
		days := 16
		k, _ := r.key(t, NewKey{Name: "field tablets", Days: &days})
		never := 0
		r.key(t, NewKey{Name: "forever", Days: &never})
		off, _ := r.key(t, NewKey{Name: "switched off", Days: &days})
		if _, err := r.SetKeyActive(t.Context(), off.ID, false, off.Version); err != nil {
			t.Fatal(err)
		}
		var told []string
		for day := range 20 {
			a.warn()
			a.warn() // the same day again
			mails := box.take()
			if len(mails) != 0 && len(mails) != 2 {
				t.Fatalf("day %d: %d mails for two people", day, len(mails))
			}
			for _, m := range mails[:min(len(mails), 1)] {
				for line := range strings.Lines(m.Text) {
					if strings.HasPrefix(line, "- ") {
						told = append(told, strings.TrimSpace(line))
					}
				}
				if !strings.Contains(m.Text, "acme (acme)\n") || !strings.Contains(m.Text, "https://sync.example.com/console/t/acme/api-keys/"+k.ID) || m.Subject != "An API key needs your attention" {
					t.Errorf("%s\n%s", m.Subject, m.Text)
				}
			}
			r.clock.Advance(24 * time.Hour)
		}
		mask := "- field tablets (sk_live_…" + k.Last4 + ") "
		want := mask + "expires in 14 days, on 18 January 2026, 03:04 UTC\n" + mask + "expires in 3 days, on 18 January 2026, 03:04 UTC\n" + mask + "expired on 18 January 2026, 03:04 UTC"
		if got := strings.Join(told, "\n"); got != want {
			t.Errorf("told\n%s\nnot\n%s", got, want)
		}
		entries, err := r.store.AuditEntries(t.Context(), r.tenant.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		noted := 0
		for _, e := range entries {
			if e.Action == "apikey.expiry_warned" && e.Object == k.ID {
				noted++
			}
		}
		if noted != 3 {
			t.Errorf("%d rows in the audit", noted)
		}
		now, err := r.store.APIKeyByID(t.Context(), k.ID)
		if err != nil || now.Version != k.Version {
			t.Errorf("warning of a key changed it: %+v, %v", now, err)
		}
		now.ExpiresAt = r.clock.Now().Add(10 * 24 * time.Hour).UnixMilli()
		if _, err := r.EditKey(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if a.warn(); len(box.take()) != 2 {
			t.Error("a new expiry is not told of")
		}
	})
}

func TestASecretThatIsTooOldIsToldOfUntilItIsReplaced(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	a, box := warns(t, r, "ada@example.org")
	never := 0
	k, _ := r.key(t, NewKey{Name: "old", Days: &never})
	told := func(after time.Duration) string {
		r.clock.Advance(after)
		a.warn()
		var b strings.Builder
		for _, m := range box.take() {
			b.WriteString(m.Text)
		}
		return b.String()
	}
	const day = 24 * time.Hour
	if got := told(90 * day); got != "" {
		t.Errorf("in time: %s", got)
	}
	if got := told(day); !strings.Contains(got, "has had its secret for 91 days, and should for 90 at most") {
		t.Errorf("too long: %s", got)
	}
	if got := told(day); got != "" {
		t.Errorf("a second time: %s", got)
	}
	if _, _, err := r.RotateKey(t.Context(), k.ID, 0, k.Version); err != nil {
		t.Fatal(err)
	}
	if got := told(91 * day); !strings.Contains(got, "for 91 days") {
		t.Errorf("the next secret: %s", got)
	}
}

// Nodes that look at the same time tell of a key once between them.
func TestOneNodeTellsOfAKey(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		one, first := warns(t, r, "ada@example.org")
		two, second := warns(t, r)
		days := 2
		r.key(t, NewKey{Days: &days})
		var wg sync.WaitGroup
		wg.Go(one.warn)
		wg.Go(two.warn)
		wg.Wait()
		if n := len(first.take()) + len(second.take()); n != 1 {
			t.Errorf("%d mails; %s", n, r.log.String())
		}
	})
}

func TestNobodyIsToldWhereThereIsNobodyOrNoMail(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	a, box := warns(t, r)
	days := 2
	r.key(t, NewKey{Days: &days})
	a.warn()
	r.warn() // it has no mail
	if len(box.take()) != 0 {
		t.Error("somebody was written to")
	}
	r.clock.Advance(24 * time.Hour)
	if _, err := r.store.CreateAccount(t.Context(), models.Account{Installation: true, Email: "ada@example.org", PasswordHash: []byte("none")}); err != nil {
		t.Fatal(err)
	}
	if a.warn(); len(box.take()) != 1 {
		t.Error("the first administrator is not told of what was never told")
	}
}
