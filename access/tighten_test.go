package access

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/geo"
	"tidemark/internal/testkit"
	"tidemark/models"
)

// located gives a room a database of countries.
func (r *room) located(t *testing.T) {
	t.Helper()
	path := testkit.Countries(t, "", map[string]string{"10.0.0.0/9": "DE", "192.0.2.0/24": "AT", "2001:db8::/32": "CH"})
	r.opt.Countries = geo.Open(path, clock.System{}, slog.New(slog.DiscardHandler))
}

// randomLog is a log of requests, of which some were refused.
func randomLog(d *rand.Rand, r *room, k models.APIKey) (log KeyLog) {
	pick := func(of ...string) string { return of[d.IntN(len(of))] }
	wide, pages := d.IntN(3), d.IntN(2)
	for range 1 + d.IntN(60) {
		q := models.KeyRequest{TenantID: r.tenant.ID, KeyID: k.ID, Count: 1 + d.Int64N(9)}
		q.Address = pick(fmt.Sprintf("10.1.%d.%d", d.IntN(1+9*wide), d.IntN(256)), fmt.Sprintf("2001:db8::%x", d.IntN(9)), "192.0.2.7", fmt.Sprintf("10.200.0.%d", d.IntN(4)))
		if wide == 2 && d.IntN(20) == 0 {
			q.Address = netip.AddrFrom4([4]byte{byte(d.IntN(256)), byte(d.IntN(256)), 1, 1}).String()
		}
		q.UserAgent = pick(fmt.Sprintf("Field(App)/%d.%d", d.IntN(4), d.IntN(9)), "curl/8.1", "", "Mozilla/5.0 (X11; Linux) Gecko/2010", fmt.Sprintf("bot-%c", 'a'+d.IntN(20)))
		if pages == 1 {
			q.Origin = pick("https://app.example.com", "http://localhost:3000", "https://App.Example.com:8443")
		}
		q.Door = []models.Door{models.DoorREST, models.DoorSocketIO}[d.IntN(2)]
		q.Permission = string([]Permission{ItemsRead, ItemsWrite, Authenticated, StatusRead, ItemsRead}[d.IntN(5)])
		q.AllUsers = d.IntN(9) == 0
		q.Code = pick("", "", "", "not_found", "rate_limited", "ip_not_allowed")
		log.Requests = append(log.Requests, q)
	}
	return log
}

// Whatever a key was used for, what is proposed refuses nothing that was let through.
func TestProposalsRefuseNothingThatWasLetThrough(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	r.located(t)
	k, _ := r.key(t, NewKey{Scopes: []string{"read", "write", "users:all", "items:read:storage/a/*"}})
	proposed := map[Kind]int{}
	for seed := range uint64(400) {
		log := randomLog(rand.New(rand.NewPCG(seed, 1)), r, k)
		next := k
		for _, p := range r.Propose(t.Context(), k, log) {
			if p.Why == "" {
				next = p.Apply(next)
				proposed[p.Kind]++
			}
		}
		d, err := r.DryRun(t.Context(), next, log)
		if err != nil || d.Lost != 0 || len(d.Refused) != 0 {
			t.Fatalf("seed %d: %+v %v of %+v", seed, d, err, next.From)
		}
		// Elsewhere is refused as soon as anything is proposed that tells where.
		elsewhere := models.KeyRequest{Count: 1, KeyShape: models.KeyShape{Address: "198.51.100.77", Origin: "https://evil.test", UserAgent: "Evil/6", Permission: "items:read"}}
		d, err = r.DryRun(t.Context(), next, KeyLog{Requests: []models.KeyRequest{elsewhere}})
		if err != nil || !next.From.Empty() && d.Lost != 1 {
			if next.From.IPs != nil || next.From.Domains != nil || next.From.UserAgents != nil || !next.From.Unplaced {
				t.Fatalf("seed %d: elsewhere is let in by %+v", seed, next.From)
			}
		}
	}
	for _, kind := range Kinds {
		if proposed[kind] < 20 {
			t.Errorf("%s was proposed %d times", kind, proposed[kind])
		}
	}
}

func TestProposalsAreNarrow(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	r.located(t)
	k, _ := r.key(t, NewKey{})
	var log KeyLog
	for n := range 20 {
		log.Requests = append(log.Requests, models.KeyRequest{Count: 1, KeyShape: models.KeyShape{
			Address: fmt.Sprintf("10.1.2.%d", n), Origin: "https://app.example.com", UserAgent: fmt.Sprintf("Field(App)/2.%d", n), Permission: "items:read", Door: models.DoorREST,
		}})
	}
	log.Requests = append(log.Requests, models.KeyRequest{Count: 5, KeyShape: models.KeyShape{Address: "203.0.113.9", UserAgent: "Evil", Permission: "items:write", Code: string(fault.RateLimited)}})
	got := map[Kind]Proposal{}
	for _, p := range r.Propose(t.Context(), k, log) {
		got[p.Kind] = p
	}
	for kind, want := range map[Kind]string{KindCountries: "[DE]", KindDomains: "[https://app.example.com]", KindAgents: `[^Field\(App\)/[0-9.]+$]`, KindRights: "[items:read]"} {
		if fmt.Sprint(got[kind].Entries) != want {
			t.Errorf("%s: %+v", kind, got[kind])
		}
	}
	if nets := got[KindAddresses].Entries; len(nets) == 0 || len(nets) > maxNetworks || !inSome("10.1.2.3", nets) || inSome("10.1.3.1", nets) {
		t.Errorf("%v", nets)
	}
	if p := got[KindRights]; !p.Read || p.Write {
		t.Errorf("%+v", p)
	}
	d, err := r.DryRun(t.Context(), got[KindRights].Apply(got[KindAddresses].Apply(k)), log)
	if err != nil || d.Good != 20 || d.Lost != 0 || d.Bad != 5 || d.Still != 5 {
		t.Errorf("%+v %v", d, err)
	}
	k.From.IPs = []string{"10.1.2.0/28"}
	d, err = r.DryRun(t.Context(), k, log)
	if err != nil || d.Lost != 4 || len(d.Refused) != 4 || d.Refused[0].Why != fault.IPNotAllowed {
		t.Errorf("%+v %v", d, err)
	}
	if p := r.Propose(t.Context(), k, log)[0]; p.Why == "" {
		t.Errorf("a wider network is proposed: %v", p.Entries)
	}
	narrowed, _ := r.key(t, NewKey{Scopes: []string{"items:read"}})
	log.Requests = append(log.Requests, models.KeyRequest{Count: 1, KeyShape: models.KeyShape{Address: "192.0.2.7", UserAgent: "Importer/1", Permission: "items:write"}})
	if p := r.Propose(t.Context(), narrowed, log)[0]; p.Why != "" || inSome("192.0.2.7", p.Entries) {
		t.Errorf("after what it may no longer do: %+v", p)
	}
}

func TestCountriesStayThoughNothingTellsThemAnyMore(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	db := r.opt.Countries
	r.located(t)
	k, _ := r.key(t, NewKey{From: models.Restrictions{Countries: []string{"DE", "AT"}}})
	r.opt.Countries = db
	k.Name = "renamed"
	k, err := r.EditKey(t.Context(), k)
	wantCode(t, err, "")
	k.From.Countries = []string{"DE"}
	k, err = r.EditKey(t.Context(), k)
	wantCode(t, err, "")
	k.From.Countries = []string{"DE", "CH"}
	_, err = r.EditKey(t.Context(), k)
	wantCode(t, err, fault.Invalid)
}
