package testkit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// SocketClient is the folder whose node_modules hold the official socket.io-client
// of its lock file. It is installed when it is missing; of several test binaries
// one installs and the others wait.
func SocketClient(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(Root(t), "web", "live", "testdata")
	if err := installNode(dir); err != nil {
		t.Fatalf("npm ci in %s: %v", dir, err)
	}
	return dir
}

// Lighthouse is the folder whose node_modules hold Lighthouse, installed like SocketClient's.
func Lighthouse(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(Root(t), "web", "e2e", "browser", "lighthouse")
	if err := installNode(dir); err != nil {
		t.Fatalf("npm ci in %s: %v", dir, err)
	}
	return dir
}

func installNode(dir string) error {
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "tidemark-npm.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // gives the lock up
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	want, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	mark := filepath.Join(dir, "node_modules", ".tidemark-lock")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, want) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return os.WriteFile(mark, want, 0o600)
}
