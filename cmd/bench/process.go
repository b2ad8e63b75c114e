package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

const startWithin = 30 * time.Second

// process is a server under measurement.
type process struct {
	addr string // host:port
	key  string // API key; empty where none is asked for
	log  string // file with what it prints

	cmd  *exec.Cmd
	run  func(args ...string) *exec.Cmd // another command of the program, on the server's data
	data func() (*sql.DB, error)        // its database
}

// build makes bin/tidemark as `make build` does.
func build(ctx context.Context) (string, error) {
	path, err := filepath.Abs(filepath.Join("bin", "tidemark"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/tidemark")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tidemark: %w: %s", err, out)
	}
	return path, nil
}

// self starts this program as a limit: what it is, and what else it must know.
func (b *bench) self(role string, more ...string) (*process, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return b.start(role, addr, "/health/ready", exec.CommandContext(b.ctx, path, append([]string{role, addr}, more...)...))
}

// tidemark starts the real server in a directory of its own, with a tenant and a
// key. Nothing is set but where it listens and keeps its data, and room for the
// items of one user.
func (b *bench) tidemark(name, db string) (*process, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, name+"-")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATA_DIR=" + filepath.Join(dir, "data"), "PORT=" + port, "MAX_STORAGE_PER_USER_MB=1000000", "LOG_LEVEL=warn"}
	data := func() (*sql.DB, error) { return sql.Open("sqlite", "file:"+filepath.Join(dir, "data", "tidemark.db")) }
	if db == mariadb {
		url, err := b.mariaDatabase()
		if err != nil {
			return nil, err
		}
		env = append(env, "DATABASE_URL="+url)
		name := b.maria.last()
		data = func() (*sql.DB, error) { return b.maria.open(name) }
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(b.ctx, b.program, args...)
		cmd.Dir, cmd.Env = dir, env
		return cmd
	}
	p, err := b.start(name, addr, "/health/ready", command("serve"))
	if err != nil {
		return nil, err
	}
	p.run, p.data = command, data
	if err := ask(command("tenant", "create", "--slug", "bench", "--name", "Bench", "--json"), &struct{}{}); err != nil {
		return nil, err
	}
	var made struct{ Key string }
	err = ask(command("apikey", "create", "--tenant", "bench", "--name", "bench", "--json"), &made)
	p.key = made.Key
	return p, err
}

// restart starts a server that was ended again, on the data it has.
func (b *bench) restart(p *process) error {
	p.end()
	again, err := b.start("again", p.addr, "/health/ready", p.run("serve"))
	if err != nil {
		return err
	}
	p.cmd, p.log = again.cmd, again.log
	b.started[len(b.started)-1] = p
	return nil
}

func ask(cmd *exec.Cmd, into any) error {
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%v: %w", cmd.Args[1:], err)
	}
	return json.Unmarshal(out, into)
}

func (b *bench) start(name, addr, ready string, cmd *exec.Cmd) (*process, error) {
	out, err := os.CreateTemp(b.dir, name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // the child has its own
	cmd.Stdout, cmd.Stderr = out, out
	p := &process{addr: addr, log: out.Name(), cmd: cmd}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b.started = append(b.started, p)
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		status, _, err := fasthttp.GetTimeout(nil, "http://"+addr+ready, time.Second)
		if err == nil && status == fasthttp.StatusOK {
			return p, nil
		}
	}
	text, _ := os.ReadFile(p.log) // an empty one says as much
	return nil, fmt.Errorf("%s does not get ready: %s", name, text[max(0, len(text)-2000):])
}

func (p *process) end() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended by itself
	_ = p.cmd.Wait()         // says that it was killed
	p.cmd = nil
}

// resident is the process's memory in bytes (VmRSS).
func (p *process) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no VmRSS of process %d", p.cmd.Process.Pid)
}

// used is the process's CPU time so far, its own and the kernel's for it.
func (p *process) used() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // the name before may hold anything
	var ticks time.Duration
	for _, f := range fields[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
