package testkit

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const startWithin = 60 * time.Second

// guard runs the server below it and waits for its standard input to end, which
// happens when whoever started it ends, by whatever death. Then it kills the
// server and, unless a file "keep" says otherwise, removes the directory.
const guard = `dir=$1; shift
"$@" </dev/null >"$dir/log" 2>&1 & pid=$!
echo $pid >"$dir/child"
cat >/dev/null
kill -9 $pid 2>/dev/null; wait
[ -e "$dir/keep" ] || rm -rf "$dir"`

// Server is a private MariaDB that ends with the process that started it.
type Server struct {
	Access Database // as a user who may do everything; Name is empty
	Args   []string // further ones of mariadbd, from the next Start on

	dir   string
	port  int
	guard *exec.Cmd
	leash *os.File // closing it ends the server
}

// NewServer makes a MariaDB in a temporary directory and starts it on a free
// port of 127.0.0.1. It commits durably, as in production.
func NewServer() (*Server, error) {
	if err := installMariaDB(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tidemark-mariadb-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if err = s.initialise(); err == nil {
		err = s.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initialise() error {
	var err error
	if s.port, err = freePort(); err != nil {
		return err
	}
	s.Access = Database{Address: loopback(s.port), User: "tidemark", Password: rand.Text()}
	if err := os.Mkdir(s.temp(), 0o700); err != nil {
		return err
	}
	if err := errors.Join(s.giveAway(s.dir), s.giveAway(s.temp())); err != nil {
		return err
	}
	args := append([]string{"--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.temp(), "--auth-root-authentication-method=normal", "--skip-test-db"}, asMySQL()...)
	if out, err := exec.Command("mariadb-install-db", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, bytes.TrimSpace(out))
	}
	grant := fmt.Sprintf("CREATE USER IF NOT EXISTS 'tidemark'@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO 'tidemark'@'%%' WITH GRANT OPTION;\n", s.Access.Password)
	if err := os.WriteFile(s.grants(), []byte(grant), 0o600); err != nil {
		return err
	}
	return s.giveAway(s.grants())
}

// giveAway makes a file the server's own when it runs as another user than root.
func (s *Server) giveAway(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		return err
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	return errors.Join(uerr, gerr, os.Chown(path, uid, gid))
}

func asMySQL() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=mysql"}
	}
	return nil
}

// temp is the server's own: one that starts removes the temporary tables of others from a shared one.
func (s *Server) temp() string   { return filepath.Join(s.dir, "tmp") }
func (s *Server) data() string   { return filepath.Join(s.dir, "data") }
func (s *Server) grants() string { return filepath.Join(s.dir, "grants.sql") }
func (s *Server) child() string  { return filepath.Join(s.dir, "child") }
func (s *Server) keep() string   { return filepath.Join(s.dir, "keep") }

// Start runs the server on the data it has and waits until it answers.
func (s *Server) Start() error {
	if err := errors.Join(os.RemoveAll(s.keep()), os.RemoveAll(s.child())); err != nil {
		return err
	}
	hold, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	args := append([]string{
		"-c", guard, "guard", s.dir, mariadbd(), "--no-defaults",
		"--datadir=" + s.data(), "--tmpdir=" + s.temp(), "--socket=" + filepath.Join(s.dir, "sock"), "--pid-file=" + filepath.Join(s.dir, "pid"),
		"--port=" + strconv.Itoa(s.port), "--bind-address=127.0.0.1", "--init-file=" + s.grants(),
		"--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF", "--max-connections=1000",
		"--character-set-server=utf8mb4", "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=128M",
	}, append(asMySQL(), s.Args...)...)
	s.guard = exec.Command("sh", args...)
	s.guard.Stdin, s.leash = hold, leash
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for the tests; the guard follows
	err = s.guard.Start()
	if cerr := hold.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = s.Access.alive(startWithin, s.ended)
	}
	if err != nil {
		return errors.Join(err, leash.Close())
	}
	return nil
}

// ended tells, with the end of the log, that the server's process is gone.
func (s *Server) ended() error {
	text, _ := os.ReadFile(s.child()) // not there, or still empty, until the guard has started it
	if pid, _ := strconv.Atoi(string(bytes.TrimSpace(text))); pid == 0 || syscall.Kill(pid, 0) == nil {
		return nil
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "log")) // an empty one says as much
	return fmt.Errorf("mariadbd ended: %s", log[max(0, len(log)-2000):])
}

func (s *Server) pid() (int, error) {
	text, err := os.ReadFile(s.child())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(text)))
}

// Kill ends the server at once, as a power cut would. Its data stays for Start.
func (s *Server) Kill() error {
	if err := os.WriteFile(s.keep(), nil, 0o600); err != nil {
		return err
	}
	return s.end()
}

// Pause stops the server from answering without ending it, as a dead network would; Resume undoes it.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume lets a paused server answer again.
func (s *Server) Resume() error { return s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) error {
	pid, err := s.pid()
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}

func (s *Server) end() error {
	if s.guard == nil {
		return nil
	}
	err := errors.Join(s.leash.Close(), s.guard.Wait())
	s.guard = nil
	return err
}

// Remove ends the server and removes its data. It may be called twice.
func (s *Server) Remove() {
	_ = s.end()             // what matters is that the directory goes
	_ = os.RemoveAll(s.dir) // a leftover in the temporary directory harms nobody
}
