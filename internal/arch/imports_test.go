package arch

import (
	"strings"
	"testing"
)

// floors, from the ground up. A room may import rooms of lower floors only.
var floors = []struct {
	name  string
	rooms []string
}{
	{"tools", []string{"internal"}},
	{"ground", []string{"models", "policies", "migrations", "static"}},
	{"wire", []string{"engine/crdt", "engine/protocol", "engine/conflict"}},
	{"cellar", []string{"store"}},
	{"schema", []string{"schema"}},
	{"rooms", []string{"engine", "access", "analytics", "views"}},
	{"doors", []string{"web", "client"}},
	{"programs", []string{"cmd"}},
}

// inside says what belongs to one room though it lies in several folders: these may import each other.
var inside = []string{"internal", "engine", "views", "web", "client", "cmd", "store", "schema", "analytics", "access"}

// aside are tests and measurements of the whole, which may import everything.
var aside = []string{"deploy", "docs", "cmd/bench", "web/e2e"}

// floorOf finds the floor of a folder and the room it belongs to; the longest name wins.
func floorOf(folder string) (floor int, room string) {
	floor = -1
	for i, f := range floors {
		for _, r := range f.rooms {
			if within(folder, r) && len(r) > len(room) {
				floor, room = i, r
			}
		}
	}
	return floor, room
}

func within(folder, room string) bool { return folder == room || strings.HasPrefix(folder, room+"/") }

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || anyWithin(f.room, aside) {
			continue
		}
		from, room := floorOf(f.room)
		if from < 0 {
			t.Errorf("%s lies on no floor; a new top-level folder needs a page in docs/adr and a line here", f.path)
			continue
		}
		for _, path := range imports(f) {
			target, own := strings.CutPrefix(path, module+"/")
			if !own {
				continue
			}
			to, there := floorOf(target)
			if to >= from && !sameRoom(room, there) {
				t.Errorf("%s (%s) imports %s (%s), which is not below it", f.path, floors[from].name, target, floors[max(to, 0)].name)
			}
		}
	}
}

func sameRoom(a, b string) bool {
	for _, r := range inside {
		if within(a, r) && within(b, r) {
			return true
		}
	}
	return false
}

// TestTheWireStandsOnTheGroundAlone: protocol, crdt and conflict lie in engine's folder, but below it.
func TestTheWireStandsOnTheGroundAlone(t *testing.T) {
	t.Parallel()
	wire, _ := floorOf("engine/protocol")
	for _, f := range files(t) {
		if floor, _ := floorOf(f.room); f.test || floor != wire {
			continue
		}
		for _, path := range imports(f) {
			target, own := strings.CutPrefix(path, module+"/")
			if floor, _ := floorOf(target); own && floor > wire {
				t.Errorf("%s imports %s", f.path, target)
			}
		}
	}
}

func TestOneLibraryOneRoom(t *testing.T) {
	t.Parallel()
	for _, rule := range []struct {
		library string
		rooms   []string
	}{
		{"gorm.io/", []string{"store"}},
		{"database/sql", []string{"store", "client", "internal/testkit"}},
		{"modernc.org/sqlite", []string{"store", "client"}},
		{"github.com/go-sql-driver/mysql", []string{"store", "internal/testkit"}},
		{"github.com/pressly/goose", []string{"store"}},
		{"github.com/gofiber/", []string{"web"}},
		{"github.com/valyala/fasthttp", []string{"web"}},
		{"github.com/fasthttp/websocket", []string{"web"}},
		{"github.com/alexedwards/scs", []string{"web"}},
		{"github.com/danielgtaylor/huma", []string{"web"}},
		{"github.com/casbin/", []string{"access"}},
		{"github.com/golang-jwt/", []string{"access"}},
		{"github.com/coreos/go-oidc", []string{"access/oidc"}},
		{"golang.org/x/oauth2", []string{"access/oidc"}},
		{"github.com/pquerna/otp", []string{"access", "schema/field"}},
		{"github.com/go-webauthn/", []string{"access"}},
		{"github.com/a-h/templ", []string{"views", "web"}},
		{"github.com/prometheus/", []string{"internal/telemetry"}},
		{"go.opentelemetry.io/", []string{"internal/telemetry"}},
		{"github.com/expr-lang/expr", []string{"schema/field"}},
		{"github.com/go-playground/", []string{"schema/field"}},
		{"github.com/nyaruka/phonenumbers", []string{"schema/field"}},
		{"github.com/microcosm-cc/bluemonday", []string{"schema/field"}},
		{"github.com/yuin/goldmark", []string{"schema/field"}},
		{"github.com/santhosh-tekuri/jsonschema", []string{"schema/field"}},
		{"github.com/bojanz/currency", []string{"schema/field"}},
		{"github.com/cockroachdb/apd", []string{"schema/field"}},
		{"github.com/oschwald/maxminddb-golang", []string{"internal/geo"}},
		{"github.com/wneessen/go-mail", []string{"internal/mail"}},
		{"net/smtp", nil},
		{"github.com/joho/godotenv", []string{"cmd"}},
		{"github.com/spf13/pflag", []string{"cmd"}},
		{"net/http", []string{"web", "client", "engine/assist", "access/firebase", "access/oidc", "internal/testkit"}}, // these ask outwards
	} {
		for _, f := range files(t) {
			if f.test || anyWithin(f.room, aside) || anyWithin(f.room, rule.rooms) {
				continue
			}
			for _, path := range imports(f) {
				if path == rule.library || strings.HasPrefix(path, strings.TrimSuffix(rule.library, "/")+"/") {
					t.Errorf("%s imports %s, which only %v may", f.path, path, rule.rooms)
				}
			}
		}
	}
}

// TestClientStaysLight: whoever embeds the client compiles SQLite for its replica, and no other database and no web server.
func TestClientStaysLight(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || !within(f.room, "client") {
			continue
		}
		for _, path := range imports(f) {
			target, own := strings.CutPrefix(path, module+"/")
			if own && !anyWithin(target, []string{"client", "engine/crdt", "engine/protocol", "engine/conflict", "models", "internal/fault", "internal/clock"}) {
				t.Errorf("%s imports %s", f.path, target)
			}
		}
	}
}

func TestTestToolsStayOutOfTheBinary(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || within(f.room, "internal/testkit") || anyWithin(f.room, aside) {
			continue
		}
		for _, path := range imports(f) {
			if path == "testing" || path == module+"/internal/testkit" {
				t.Errorf("%s imports %s", f.path, path)
			}
		}
	}
}

func TestNoRoomIsNamedAfterNothing(t *testing.T) {
	t.Parallel()
	vague := map[string]bool{"util": true, "utils": true, "common": true, "helper": true, "helpers": true, "base": true, "types": true, "service": true, "manager": true, "shared": true, "misc": true}
	for _, f := range files(t) {
		if name := f.room[strings.LastIndex(f.room, "/")+1:]; vague[name] {
			t.Errorf("%s: a room is named after what it holds", f.room)
		}
	}
}

// TestEveryRoomIntroducesItself: a package comment a newcomer can start from.
func TestEveryRoomIntroducesItself(t *testing.T) {
	t.Parallel()
	introduced := map[string]bool{}
	for _, f := range files(t) {
		if !f.test {
			introduced[f.room] = introduced[f.room] || f.ast.Doc != nil
		}
	}
	for room, ok := range introduced {
		if !ok {
			t.Errorf("%s has no package comment", room)
		}
	}
}

func imports(f goFile) []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

func anyWithin(folder string, rooms []string) bool {
	for _, r := range rooms {
		if within(folder, r) {
			return true
		}
	}
	return false
}
