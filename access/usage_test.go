package access

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

func (r *room) hours(t *testing.T, id string) []models.KeyUsage {
	t.Helper()
	rows, err := r.store.KeyUsage(t.Context(), r.tenant.ID, []string{id}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// beside runs a statement as another process would.
func (r *room) beside(t *testing.T, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+r.store.Path()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.ExecContext(t.Context(), text); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestRequestsAreCountedByTheHourAcrossProcesses(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, secret := r.key(t, NewKey{})
		other := r.over(t, r.open(t))
		who, err := r.Authenticate(t.Context(), Credential{APIKey: secret, Door: models.DoorREST})
		wantCode(t, err, "")
		denied := fault.New(fault.ScopeMissing, "no")
		for _, a := range []*Access{r.Access, other} {
			a.Served(who, ItemsRead, nil)
			a.Served(who, ItemsRead, fault.New(fault.NotFound, "nothing there"))
			a.Served(who, ItemsWrite, nil)
			a.Served(who, ItemsWrite, denied)
			a.Served(who, Authenticated, nil)
			a.Served(who, "", errors.New("no such event"))
			a.Served(models.Caller{TenantID: r.tenant.ID}, ItemsRead, nil) // a token's
			a.touch()
		}
		began := clock.Millis(r.clock) / usageHour * usageHour
		hour := models.KeyUsage{TenantID: r.tenant.ID, KeyID: k.ID, At: began, Requests: 12, Reads: 4, Writes: 2, Refused: 2}
		if d := cmp.Diff([]models.KeyUsage{hour}, r.hours(t, k.ID)); d != "" {
			t.Error(d)
		}
		r.clock.Advance(time.Hour)
		r.Served(who, ItemsWrite, fault.New(fault.RateLimited, "slow"))
		r.touch()
		r.touch()
		next := models.KeyUsage{TenantID: r.tenant.ID, KeyID: k.ID, At: began + usageHour, Requests: 1, Refused: 1}
		if d := cmp.Diff([]models.KeyUsage{hour, next}, r.hours(t, k.ID)); d != "" {
			t.Error(d)
		}
		r.clock.Advance(90*24*time.Hour - time.Hour)
		r.touch()
		if d := cmp.Diff([]models.KeyUsage{next}, r.hours(t, k.ID)); d != "" {
			t.Errorf("after 90 days: %s", d)
		}
	})
}

func TestAKnownKeyThatIsRefusedIsCounted(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, secret := r.key(t, NewKey{UserID: "bob"})
	use := func(user string, want fault.Code) {
		t.Helper()
		who, err := r.Authenticate(t.Context(), Credential{APIKey: secret, UserID: user, Door: models.DoorWebSocket})
		wantCode(t, err, want)
		if err == nil {
			r.Served(who, Authenticated, nil) // as the door does
		}
	}
	use("bob", "")
	use("eve", fault.IdentityMismatch)
	if _, err := r.SetKeyActive(t.Context(), k.ID, false, k.Version); err != nil {
		t.Fatal(err)
	}
	use("bob", fault.APIKeyInactive)
	r.touch()
	if got := r.hours(t, k.ID); len(got) != 1 || got[0].Requests != 3 || got[0].Refused != 2 || got[0].Reads != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhatCannotBeWrittenIsWrittenLater(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, _ := r.key(t, NewKey{})
	who := models.Caller{TenantID: r.tenant.ID, KeyID: k.ID}
	began := clock.Millis(r.clock) / usageHour * usageHour
	r.beside(t, "ALTER TABLE api_key_usage RENAME TO gone")
	r.Served(who, ItemsRead, nil)
	r.touch()
	r.clock.Advance(time.Hour)
	r.beside(t, "ALTER TABLE gone RENAME TO api_key_usage")
	r.Served(who, ItemsRead, nil)
	r.touch()
	got := r.hours(t, k.ID)
	if len(got) != 2 || got[0].At != began || got[0].Requests != 1 || got[1].Requests != 1 {
		t.Errorf("%+v", got)
	}
}

func BenchmarkServed(b *testing.B) {
	a := &Access{opt: Options{Clock: clock.System{}}}
	who := models.Caller{TenantID: "t", KeyID: "k"}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			a.Served(who, ItemsWrite, nil)
		}
	})
}
