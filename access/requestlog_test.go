package access

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

func (r *room) requests(t *testing.T, k models.APIKey) []models.KeyRequest {
	t.Helper()
	r.touch()
	log, err := r.KeyLog(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return log.Requests
}

func TestWhatAKeyIsUsedForIsNotedByItsKindAcrossNodes(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, secret := r.key(t, NewKey{From: models.Restrictions{IPs: []string{"10.0.0.0/8"}}})
		other := r.over(t, r.open(t))
		near := Credential{APIKey: secret, Door: models.DoorREST, Address: "10.1.2.3", Origin: "https://a.test", UserAgent: "App/1", RequestID: "r1"}
		began := clock.Millis(r.clock)
		for _, a := range []*Access{r.Access, other} {
			who, err := a.Authenticate(t.Context(), near)
			wantCode(t, err, "")
			a.Served(who, ItemsRead, nil)
			a.Served(who, ItemsRead, fault.New(fault.NotFound, "nothing there"))
			r.clock.Advance(time.Second)
			who.RequestID = "r2"
			a.Served(who, ItemsRead, nil)
			far := near
			far.Address = "192.0.2.1"
			_, err = a.Authenticate(t.Context(), far)
			wantCode(t, err, fault.IPNotAllowed)
			a.touch()
		}
		row := func(code string, n int64) models.KeyRequest {
			return models.KeyRequest{TenantID: r.tenant.ID, KeyID: k.ID, Day: began / dayMillis * dayMillis, Count: n, KeyShape: models.KeyShape{
				Address: "10.1.2.3", Origin: "https://a.test", UserAgent: "App/1", Door: models.DoorREST, Permission: "items:read", Code: code,
			}}
		}
		good, missing, refused := row("", 4), row("not_found", 2), row("ip_not_allowed", 2)
		good.First, good.Last, good.RequestID = began, began+2000, "r2"
		missing.First, missing.Last, missing.RequestID = began, began+1000, "r1"
		refused.First, refused.Last, refused.RequestID = began+1000, began+2000, "r1"
		refused.Address, refused.Permission = "192.0.2.1", "authenticated"
		byCode := cmpopts.SortSlices(func(a, b models.KeyRequest) bool { return a.Code < b.Code })
		unnamed := cmpopts.IgnoreFields(models.KeyRequest{}, "Shape")
		if d := cmp.Diff([]models.KeyRequest{good, missing, refused}, r.requests(t, k), byCode, unnamed); d != "" {
			t.Error(d)
		}
		r.clock.Advance(30 * 24 * time.Hour)
		r.touch()
		r.clock.Advance(time.Hour)
		r.touch()
		if rows, err := r.store.KeyRequests(t.Context(), r.tenant.ID, k.ID, 0, 10); err != nil || len(rows) != 0 {
			t.Errorf("after 30 days: %+v %v", rows, err)
		}
	})
}

func TestKindsOfRequestsAreBounded(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, _ := r.key(t, NewKey{})
	who := models.Caller{TenantID: r.tenant.ID, KeyID: k.ID}
	for n := range maxShapes + 50 {
		who.UserAgent = fmt.Sprintf("App/%d", n)
		r.Served(who, ItemsRead, nil)
	}
	rows := r.requests(t, k)
	var others int64
	for _, row := range rows {
		if row.Others {
			others += row.Count
		}
	}
	if len(rows) != maxShapes+1 || others != 50 {
		t.Errorf("%d kinds, %d others", len(rows), others)
	}
	log, err := r.KeyLog(t.Context(), k)
	wantCode(t, err, "")
	for _, p := range r.Propose(t.Context(), k, log) {
		if p.Why == "" {
			t.Errorf("proposed of what is not told apart: %+v", p)
		}
	}
	r.clock.Advance(24 * time.Hour)
	r.Served(who, ItemsRead, nil)
	r.touch()
	if held := r.usage.shapesHeld.Load(); held != 1 {
		t.Errorf("%d kinds are held on the next day", held)
	}
}

func TestRequestsThatCannotBeWrittenAreWrittenLater(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, _ := r.key(t, NewKey{})
	who := models.Caller{TenantID: r.tenant.ID, KeyID: k.ID, Address: "10.0.0.1"}
	r.Served(who, ItemsRead, nil)
	r.beside(t, "ALTER TABLE api_key_requests RENAME TO away")
	r.touch()
	r.Served(who, ItemsRead, nil)
	r.beside(t, "ALTER TABLE away RENAME TO api_key_requests")
	if rows := r.requests(t, k); len(rows) != 1 || rows[0].Count != 2 {
		t.Errorf("%+v", rows)
	}
}
