package browser

import (
	"database/sql"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"tidemark/internal/testkit"
)

// TestTroubleUnderOpenPagesIsToldAndPasses restarts the server, drops and stills its streams,
// ends sessions and takes the database away while a person works.
func TestTroubleUnderOpenPagesIsToldAndPasses(t *testing.T) {
	testkit.SocketClient(t)
	for _, m := range modes() {
		if m.theme != "light" && m.db == "sqlite" || m.size != "phone" && m.db == "mariadb" {
			continue // nothing here depends on how it looks
		}
		t.Run(m.String(), func(t *testing.T) {
			x := &trouble{}
			env := []string{"RATE_LIMIT_MAX_REQUESTS=1000000", "MAX_ITEM_SIZE_KB=1024"}
			if m.db == "mariadb" {
				x.db = testkit.StartMariaDB(t)
				env = append(env, "DATABASE_URL="+x.db.Create(t).URL())
			}
			p := testkit.Serve(t, env...)
			x.line = newLine(t, p.Port)
			troubled.Store(p, x)
			t.Cleanup(func() { troubled.Delete(p) })
			walk(t, p, "trouble.mjs", p.URL, setupLink(t, p), m.theme, m.size, m.script, x.line.url, m.db)
		})
	}
}

// trouble is what a script can make of it.
type trouble struct {
	db     *testkit.Server // nil: SQLite
	locked *sql.DB         // SQLite: holds the lock of all writers
	line   *line
}

// troubled are the servers under test.
var troubled sync.Map

// troubles are what trouble.mjs may ask for, beside deeds.
var troubles = map[string]func(t *testing.T, p *testkit.Process, args []string) map[string]string{
	"stop": func(t *testing.T, p *testkit.Process, _ []string) map[string]string {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		return nil
	},
	"start": func(_ *testing.T, p *testkit.Process, _ []string) map[string]string {
		p.Start()
		return nil
	},
	// line drops the streams that pass it, stills them, or lets them pass.
	"line": func(_ *testing.T, p *testkit.Process, args []string) map[string]string {
		of(p).line.become(args[0])
		return nil
	},
	// expire has every session reach its end.
	"expire": func(t *testing.T, p *testkit.Process, _ []string) map[string]string {
		change(t, p, "UPDATE sessions SET expires_at = 1")
		return nil
	},
	// break hides tables, so that whatever asks for them fails; mend gives them back.
	"break": func(t *testing.T, p *testkit.Process, tables []string) map[string]string {
		for _, name := range tables {
			change(t, p, "ALTER TABLE "+name+" RENAME TO "+name+"_hidden")
		}
		return nil
	},
	"mend": func(t *testing.T, p *testkit.Process, tables []string) map[string]string {
		for _, name := range tables {
			change(t, p, "ALTER TABLE "+name+"_hidden RENAME TO "+name)
		}
		return nil
	},
	// away takes the database: frozen, killed, or on SQLite locked by another process.
	"away": func(t *testing.T, p *testkit.Process, args []string) map[string]string {
		of(p).away(t, p, args[0])
		return nil
	},
	"back": func(t *testing.T, p *testkit.Process, args []string) map[string]string {
		of(p).back(t, args[0])
		return nil
	},
}

func of(p *testkit.Process) *trouble {
	x, _ := troubled.Load(p)
	return x.(*trouble) //nolint:forcetypeassert // the test put it there
}

func (x *trouble) away(t *testing.T, p *testkit.Process, how string) {
	t.Helper()
	var err error
	switch how {
	case "frozen":
		err = x.db.Pause()
	case "killed":
		err = x.db.Kill()
	case "locked":
		x.locked, err = sql.Open("sqlite", "file:"+filepath.Join(p.Dir, "data", "tidemark.db")+"?_pragma=busy_timeout(10000)")
		if err == nil {
			x.locked.SetMaxOpenConns(1)
			_, err = x.locked.ExecContext(t.Context(), "BEGIN IMMEDIATE")
		}
	}
	if err != nil {
		t.Errorf("%s: %v", how, err)
	}
}

func (x *trouble) back(t *testing.T, how string) {
	t.Helper()
	var err error
	switch how {
	case "frozen":
		err = x.db.Resume()
	case "killed":
		err = x.db.Start()
	case "locked":
		err = x.locked.Close()
	}
	if err != nil {
		t.Errorf("back from %s: %v", how, err)
	}
}

// line passes connections on to a server.
type line struct {
	url  string
	to   string
	mu   sync.Mutex
	how  string        // pass or still
	free chan struct{} // closed when it passes again
	open map[*wire]bool
}

// wire is one connection.
type wire struct {
	near, far net.Conn
	stream    bool // guarded by the line's lock
}
