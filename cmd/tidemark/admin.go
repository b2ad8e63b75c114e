package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"tidemark/internal/fault"
)

const (
	maxPasswordInput = 4 << 10 // bytes read from standard input
	passwordBytes    = 15      // of a drawn password
	passwordWait     = 5 * time.Second
)

func (m *Main) adminCreate(f *pflag.FlagSet) func(context.Context) error {
	email := f.String("email", "", "address to sign in with")
	name := f.String("name", "", "name people see")
	return func(ctx context.Context) error {
		if *email == "" {
			return usageError{"admin create needs --email"}
		}
		password, drawn, err := m.password()
		if err != nil {
			return err
		}
		a, err := m.migratedAccess(ctx)
		if err != nil {
			return err
		}
		admin, err := a.CreateAdmin(ctx, *email, *name, password)
		if err != nil {
			return err
		}
		result := map[string]any{"id": admin.ID, "email": admin.Email, "name": admin.Name}
		text := fmt.Sprintf("%s may sign in to the console", admin.Email)
		if drawn {
			result["password"] = password
			text += "\npassword (shown this once): " + password
		}
		return m.say(result, text)
	}
}

// adminResetMFA lets who has lost their second factor sign in with the password alone.
func (m *Main) adminResetMFA(f *pflag.FlagSet) func(context.Context) error {
	email := f.String("email", "", "address they sign in with")
	return func(ctx context.Context) error {
		if *email == "" {
			return usageError{"admin reset-mfa needs --email"}
		}
		a, err := m.migratedAccess(ctx)
		if err != nil {
			return err
		}
		was, err := a.ResetFactors(ctx, *email)
		if fault.Is(err, fault.NotFound) {
			return fmt.Errorf("nobody signs in as %s", *email)
		}
		if err != nil {
			return err
		}
		return m.say(map[string]any{"id": was.ID, "email": was.Email}, was.Email+" has no second factor any more, and is signed out everywhere")
	}
}

// password reads the first line of standard input. At a terminal, without a
// line, or when none comes for a while, it draws a password.
func (m *Main) password() (password string, drawn bool, err error) {
	if f, ok := m.Stdin.(*os.File); ok && !readable(f) {
		return random(passwordBytes), true, nil
	}
	line, err := bufio.NewReader(io.LimitReader(m.Stdin, maxPasswordInput)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("read the password: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return random(passwordBytes), true, nil
	}
	return line, false, nil
}

// readable says whether f is something else than a terminal and has something to
// read, waiting a moment for it: a script's standard input may stay open and silent for ever.
func readable(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice != 0 {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(passwordWait/time.Millisecond))
	return err == nil && n > 0
}
