package e2e

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

// shutWithin is the time after which a right that was taken away must be gone, from when whoever took it was told that it is.
const shutWithin = time.Second

// office takes rights away: at the server that has the connections, by REST, and from another process on its database.
type office struct {
	*house
	t      *testing.T
	store  *store.Store
	access *access.Access
	tenant models.Tenant
	root   *caller
	hash   []byte // of a password
}

const officePassword = "a long enough password"

func (h *house) office(t *testing.T) *office {
	t.Helper()
	o := &office{house: h, t: t, root: newCaller(h.URL, h.mint("acme", "--scopes", strings.Join(access.Scopes(), ",")).Secret, "", "")}
	var opt store.Options
	if url := h.Env("DATABASE_URL"); url == "" {
		opt.SQLite = h.database(t)
	} else {
		db, err := testkit.ParseDatabase(url)
		if err != nil {
			t.Fatal(err)
		}
		opt.MySQL = &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}
	}
	var err error
	if o.store, err = store.Open(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	o.access = access.New(access.Options{Store: o.store, Clock: clock.System{}, APIKeysEnabled: true, KeyPrefix: "sk_live_", BcryptCost: 10})
	t.Cleanup(func() { o.access.Close(); _ = o.store.Close() })
	o.tenant, err = o.store.TenantNamed(t.Context(), "acme")
	o.need(err)
	admin, err := o.access.CreateAdmin(t.Context(), "root@example.com", "Root", officePassword)
	o.need(err)
	o.hash = admin.PasswordHash
	return o
}

func (o *office) need(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// asked is a request of the root at the server, which must say yes.
func (o *office) asked(method, path, body string, headers ...string) {
	o.t.Helper()
	a, err := o.root.do(method, "/api/v1"+path, body, headers...) // whose numbers are not the fields of items
	if a.status == 0 || a.problem != nil {
		o.t.Fatalf("%s %s: %s %v", method, path, a, err)
	}
}

// held is what somebody is let in by.
type held struct {
	caller  *caller // without an instance
	key     models.APIKey
	member  models.Member
	account models.Account
	tenant  models.Tenant
	ends    time.Time // by itself; zero: when it is taken
}

func (o *office) byKey(n access.NewKey) *held {
	o.t.Helper()
	n.TenantID, n.Name = o.tenant.ID, "doomed"
	k, secret, err := o.access.CreateKey(o.t.Context(), n)
	o.need(err)
	return &held{caller: newCaller(o.URL, secret, "ann", ""), key: k}
}

// byToken signs a new member of a tenant in.
func (o *office) byToken(t models.Tenant, role string) *held {
	o.t.Helper()
	n := o.next()
	email := fmt.Sprintf("p%d@example.com", n)
	who, err := o.store.CreateAccount(o.t.Context(), models.Account{Email: email, Name: "P", PasswordHash: o.hash, VerifiedAt: 1})
	o.need(err)
	m, err := o.access.AddMember(o.t.Context(), models.Member{TenantID: t.ID, UserID: fmt.Sprint("p", n), AccountID: who.ID, Role: role})
	o.need(err)
	a, err := newCaller(o.URL, "", "", "").do("POST", "/api/v1/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, officePassword))
	if err != nil || a.problem != nil {
		o.t.Fatal(a, err)
	}
	c := newCaller(o.URL, "", "", "")
	c.token = between(a.body, `"accessToken":"`, `"`)
	return &held{caller: c, member: m, account: who, tenant: t}
}

// cause is a way to lose rights.
type cause struct {
	code      string
	stays     bool // the sockets go on, muted
	give      func(o *office) *held
	here      func(o *office, h *held) // at the server; nil: not done by REST
	elsewhere func(o *office, h *held)
}

func anyKey(o *office) *held { return o.byKey(access.NewKey{}) }
func member(o *office) *held { return o.byToken(o.tenant, access.RoleMember) }

func rescoped(scopes ...string) (here, elsewhere func(o *office, h *held)) {
	return func(o *office, h *held) {
			o.asked("PATCH", "/admin/api-keys/"+h.key.ID, `{"scopes":["`+strings.Join(scopes, `","`)+`"]}`, `If-Match: "1"`)
		}, func(o *office, h *held) {
			h.key.Scopes = scopes
			_, err := o.access.EditKey(o.t.Context(), h.key)
			o.need(err)
		}
}

func recast(role string) (here, elsewhere func(o *office, h *held)) {
	return func(o *office, h *held) {
			o.asked("PATCH", "/admin/users/"+h.member.UserID, `{"role":"`+role+`"}`, `If-Match: "1"`)
		}, func(o *office, h *held) {
			h.member.Role = role
			_, err := o.access.EditMember(o.t.Context(), h.member)
			o.need(err)
		}
}

func causes() map[string]cause {
	unwriting := cause{code: "scope_missing", stays: true, give: anyKey}
	unwriting.here, unwriting.elsewhere = rescoped("items:read:storage/mine/*")
	unreading := cause{code: "scope_missing", give: anyKey}
	unreading.here, unreading.elsewhere = rescoped("conflicts:read")
	viewing := cause{code: "scope_missing", stays: true, give: member}
	viewing.here, viewing.elsewhere = recast("mine-only")
	demoted := cause{code: "scope_missing", give: member}
	demoted.here, demoted.elsewhere = recast("blind")
	expiry := func(d time.Duration) func(o *office) *held {
		return func(o *office) *held {
			ends := time.Now().Add(d).Truncate(time.Millisecond)
			h := o.byKey(access.NewKey{ExpiresAt: ends.UnixMilli()})
			h.ends = ends
			return h
		}
	}
	return map[string]cause{
		"the key is revoked": {
			code: "revoked", give: anyKey,
			here: func(o *office, h *held) {
				o.asked("DELETE", "/admin/api-keys/"+h.key.ID, "", `If-Match: "1"`)
			},
			elsewhere: func(o *office, h *held) {
				_, err := o.access.RevokeKey(o.t.Context(), h.key.ID)
				o.need(err)
			},
		},
		"the key is disabled": {
			code: "api_key_inactive", give: anyKey,
			here: func(o *office, h *held) {
				o.asked("PATCH", "/admin/api-keys/"+h.key.ID, `{"isActive":false}`, `If-Match: "1"`)
			},
		},
		"the key expires":        {code: "api_key_expired", give: expiry(3 * time.Second), here: func(*office, *held) {}},
		"a scope to write goes":  unwriting,
		"the scope to read goes": unreading,
		"the role narrows":       viewing,
		"the role reads nothing": demoted,
		"the user is disabled": {
			code: "revoked", give: member,
			here: func(o *office, h *held) {
				o.asked("PATCH", "/admin/users/"+h.member.UserID, `{"disabled":true}`, `If-Match: "1"`)
			},
			elsewhere: func(o *office, h *held) { o.Run("user", "disable", "--tenant", "acme", "--user", h.member.UserID) },
		},
		"the user is removed": {
			code: "revoked", give: member,
			here: func(o *office, h *held) {
				o.asked("DELETE", "/admin/users/"+h.member.UserID, "", `If-Match: "1"`)
			},
			elsewhere: func(o *office, h *held) {
				_, err := o.access.RemoveMember(o.t.Context(), h.member)
				o.need(err)
			},
		},
		"the account signs out everywhere": {
			code: "revoked", give: member,
			here: func(o *office, h *held) {
				if a, err := h.caller.do("POST", "/api/v1/auth/logout-everywhere", ""); err != nil || a.problem != nil {
					o.t.Fatal(a, err)
				}
			},
			elsewhere: func(o *office, h *held) {
				_, err := o.access.EndEverywhere(o.t.Context(), h.account, "")
				o.need(err)
			},
		},
		"the tenant is suspended": {
			code: "tenant_suspended",
			give: func(o *office) *held {
				t, err := o.store.CreateTenant(o.t.Context(), models.Tenant{Slug: fmt.Sprint("t", o.next()), Name: "T"})
				o.need(err)
				return o.byToken(t, access.RoleMember)
			},
			elsewhere: func(o *office, h *held) {
				_, err := o.store.SetTenantSuspended(o.t.Context(), h.tenant.ID, true, h.tenant.Version)
				o.need(err)
			},
		},
	}
}

// TestWhatIsTakenAwayIsGoneAtEveryDoorWithinASecond has all three doors open when a right ends.
func TestWhatIsTakenAwayIsGoneAtEveryDoorWithinASecond(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		o := h.office(t)
		for name, grants := range map[string][]string{"mine-only": {"items:read:storage/mine/*"}, "blind": {"conflicts:read"}} {
			_, err := o.access.AddRole(t.Context(), models.Role{TenantID: o.tenant.ID, Name: name, Title: name, Grants: grants})
			o.need(err)
		}
		for name, c := range causes() {
			for where, take := range map[string]func(*office, *held){"here": c.here, "from another process": c.elsewhere} {
				if take == nil {
					continue
				}
				t.Run(name+" "+where, func(t *testing.T) { o.shut(t, c, take) })
			}
		}
	})
}

// shut opens the doors, takes the right, and times how long each of them still lets a write through.
func (o *office) shut(t *testing.T, c cause, take func(*office, *held)) {
	o.t = t
	h := c.give(o)
	at := func(instance string) *caller {
		one := *h.caller
		one.instance = instance
		return &one
	}
	sockets := map[string]*socket{"socket.io": at("sio").live(t, true), "websocket": at("ws").live(t, false)}
	doors := map[string]door{"rest": restDoor{at("rest")}, "socket.io": socketDoor{sockets["socket.io"]}, "websocket": socketDoor{sockets["websocket"]}}
	for _, d := range doors {
		accepted(t, d, ask{event: "sync:set", key: "other", rest: `"value":1`})
	}
	take(o, h)
	from := time.Now()
	if !h.ends.IsZero() {
		from = h.ends
		testkit.Eventually(t, 10*time.Second, "its end comes", func() bool { return !time.Now().Before(from) })
	}
	var all sync.WaitGroup
	for name, d := range doors {
		all.Go(func() {
			code, err := o.refusal(d, sockets[name])
			if took := time.Since(from); err != nil || code != c.code || took > shutWithin {
				t.Errorf("%s: %q after %s, want %q: %v", name, code, took, c.code, err)
			}
		})
	}
	all.Wait()
	if c.stays {
		o.muted(t, h, sockets)
		return
	}
	for name, s := range sockets {
		testkit.Eventually(t, time.Until(from.Add(shutWithin))+10*time.Millisecond, name+" is closed", s.ended)
		if told := s.named("error"); len(told) == 0 || !strings.Contains(string(told[len(told)-1].data), `"`+c.code+`"`) {
			t.Errorf("%s is told %v", name, told)
		}
	}
	if again, err := at("again").dial(false); err == nil {
		again.close()
		t.Error("a new connection is let in")
	}
}

// refusal writes until it may not any more, and gives the code of that.
func (o *office) refusal(d door, s *socket) (code string, err error) {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		a, err := d.do(ask{event: "sync:set", key: "other", rest: `"value":2`})
		if err != nil && s != nil && s.ended() {
			told := s.named("error")
			if len(told) == 0 {
				return "", err
			}
			return between(string(told[len(told)-1].data), `"code":"`, `"`), nil
		}
		if err != nil || a.problem != nil {
			return a.code(), err
		}
	}
	return "", errors.New("it goes on writing")
}

// muted has a socket that stays open hear what it still may, and nothing else.
func (o *office) muted(t *testing.T, h *held, sockets map[string]*socket) {
	t.Helper()
	user := h.member.UserID
	if user == "" {
		user = h.caller.user
	}
	before := map[string]int{}
	for name, s := range sockets {
		before[name] = len(s.changes(t))
	}
	w := restDoor{o.as(user, "writer")}
	for _, key := range []string{"other", "mine/1"} {
		accepted(t, w, ask{event: "sync:set", key: key, rest: `"value":3`})
	}
	for name, s := range sockets {
		heard := func(key string) bool {
			for _, e := range s.changes(t)[before[name]:] {
				if e.Key == key && e.Op != "evict" {
					return true
				}
			}
			return false
		}
		eventually(t, name+" hears what it may", func() bool { return heard("mine/1") })
		if heard("other") {
			t.Errorf("%s hears what it may not", name)
		}
	}
}
