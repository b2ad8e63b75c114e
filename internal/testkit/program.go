package testkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ProgramVariable names a built binary that tests use instead of building one.
const ProgramVariable = "TIDEMARK_TEST_PROGRAM"

// running is what the program says when it listens.
const running = " is running.\n"

// built is the one binary of a test run.
var built struct {
	once sync.Once
	path string
	err  error
}

// Program is the path of the tidemark binary, built once for a test binary.
func Program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.path = os.Getenv(ProgramVariable); built.path == "" {
			built.path, built.err = build()
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// build puts the binary below bin. A second test binary of the same run
// replaces it by an equal one, in one step.
func build() (string, error) {
	dir, err := root()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(dir, "bin", "tidemark-test")
	fresh := fmt.Sprint(kept, ".", os.Getpid())
	cmd := exec.Command("go", "build", "-o", fresh, "./cmd/tidemark")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tidemark: %w: %s", err, out)
	}
	return kept, os.Rename(fresh, kept)
}

// Process is a running `tidemark serve`.
type Process struct {
	URL  string // http://127.0.0.1:port
	Dir  string // its working directory; DATA_DIR is data below it
	Port int

	t   testing.TB
	env []string
	cmd *exec.Cmd
	end chan error // what Wait says
	log *lockedBuffer
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Serve starts the program on a free port in a directory of its own and waits
// until it is ready. env are NAME=value; nothing of the test's own environment
// but PATH and HOME comes through. It is killed at the end of the test.
func Serve(t testing.TB, env ...string) *Process {
	t.Helper()
	p := &Process{Dir: t.TempDir(), t: t, env: env, log: &lockedBuffer{}}
	t.Cleanup(p.Kill)
	err := errors.New("no port was tried")
	for n := 0; n < portTries && err != nil; n++ { // somebody else may take one before the program does
		p.Kill()
		p.Port = FreePort(t)
		p.URL = "http://" + loopback(p.Port)
		if err = p.start(); err != nil && !strings.Contains(p.Log(), "address already in use") {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const portTries = 5

// Start runs the program again on the data it has and waits until it is ready.
func (p *Process) Start() {
	p.t.Helper()
	if err := p.start(); err != nil {
		p.t.Fatal(err)
	}
}

// start fails where the program ends, or does not get ready. That another server has the port, and is ready, is not enough.
func (p *Process) start() error {
	deadline, announced := time.Now().Add(startWithin), strings.Count(p.Log(), running)
	p.cmd = p.command("serve")
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return err
	}
	p.end = make(chan error, 1)
	go func(cmd *exec.Cmd, end chan<- error) { end <- cmd.Wait() }(p.cmd, p.end)
	for strings.Count(p.Log(), running) == announced || !p.ready() {
		if time.Now().After(deadline) || len(p.end) > 0 {
			return fmt.Errorf("tidemark serve does not get ready:\n%s", p.Log())
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

func (p *Process) ready() bool {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get(p.URL + "/health/ready")
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

func (p *Process) command(args ...string) *exec.Cmd {
	cmd := exec.Command(Program(p.t), args...)
	cmd.Dir = p.Dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.Dir, fmt.Sprint("PORT=", p.Port)}, p.env...)
	return cmd
}

// Run runs another command of the program beside the server and gives its standard output.
func (p *Process) Run(args ...string) string {
	p.t.Helper()
	cmd := p.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("tidemark %v: %v: %s", args, err, &stderr)
	}
	return string(out)
}

// Tenant makes a tenant, with further flags of tenant create, and gives the secret of a key to it.
func (p *Process) Tenant(slug string, flags ...string) string {
	p.t.Helper()
	p.Run(append([]string{"tenant", "create", "--slug", slug, "--name", slug, "--json"}, flags...)...)
	var key struct {
		Secret string `json:"key"`
	}
	out := p.Run("apikey", "create", "--tenant", slug, "--name", "test", "--json")
	if err := json.Unmarshal([]byte(out), &key); err != nil || key.Secret == "" {
		p.t.Fatalf("apikey create printed %q: %v", out, err)
	}
	return key.Secret
}

// Log is what the program has written so far.
func (p *Process) Log() string { return p.log.String() }

// Env is what the program was given under a name; empty: nothing.
func (p *Process) Env(name string) string {
	for _, e := range p.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends the program at once, as a power cut would.
func (p *Process) Kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		<-p.end                  //nolint:errcheck // it says that it was killed
		p.cmd = nil
	}
}

// Stop asks the program to end and gives its exit error.
func (p *Process) Stop() error {
	if p.cmd == nil {
		return nil
	}
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if err == nil {
		err = <-p.end
	}
	p.cmd = nil
	return err
}
