package testkit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// mariadbd is the server program; Debian keeps it where only root's PATH looks.
func mariadbd() string {
	for _, name := range []string{"mariadbd", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// installMariaDB makes sure the programs are there: Debian's package is
// installed when they are missing and the tests run as root. Of several test
// binaries one installs and the others wait.
func installMariaDB() error {
	if mariadbd() != "" {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return errors.New("mariadbd is not installed (Debian: apt-get install mariadb-server)")
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "tidemark-install.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // gives the lock up
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil || mariadbd() != "" {
		return err
	}
	for _, args := range [][]string{{"update", "-q"}, {"install", "-y", "-q", "--no-install-recommends", "mariadb-server"}} {
		cmd := exec.Command("apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w: %s", args[0], err, bytes.TrimSpace(out))
		}
	}
	if mariadbd() == "" {
		return errors.New("mariadb-server was installed, but there is no mariadbd")
	}
	return nil
}
