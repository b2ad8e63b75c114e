// Command tidemark is the whole product in one binary: the server and the
// commands that look after it.
//
// Start with Main: it reads the arguments, loads the Config and runs one of the
// commands listed in commands.go. Flags and environment are known here and
// nowhere else; serve.go builds every room and passes it in.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/store"
)

// Exit codes scripts can rely on.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(NewMain().Execute(ctx, os.Args[1:]))
}

// Main is one run of the program. Tests make their own with other streams.
type Main struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Environ []string
	Dir     string // where .env files lie
	Clock   clock.Clock

	Config *Config // after ParseFlags

	json  bool
	run   func(context.Context) error
	close []func() error
}

// NewMain makes a Main over the process's own streams and environment.
func NewMain() *Main {
	return &Main{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Clock: clock.System{}}
}

// Execute parses, runs and closes, and gives the exit code. An error is one readable line.
func (m *Main) Execute(ctx context.Context, args []string) int {
	err := m.ParseFlags(args)
	if errors.Is(err, pflag.ErrHelp) {
		return exitOK
	}
	if err == nil {
		err = errors.Join(m.Run(ctx), m.Close())
	}
	if err != nil {
		return m.complain(err)
	}
	return exitOK
}

// usageError is a mistake in the arguments.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// ParseFlags finds the command in args, reads its flags and loads the Config.
func (m *Main) ParseFlags(args []string) error {
	m.json = asksJSON(args) // so that a mistake in the flags is told the same way
	cmd, rest, err := m.find(args)
	if err != nil {
		return err
	}
	flags := pflag.NewFlagSet(cmd.name, pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() { m.usage(cmd, flags) }
	flags.SortFlags = false
	m.run = cmd.flags(flags)
	flags.BoolVar(&m.json, "json", m.json, "print results for programs")
	settings := settingFlags(flags)
	if err := flags.Parse(rest); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return usageError{err.Error() + "; see tidemark " + cmd.name + " --help"}
	}
	if extra := flags.NArg() - cmd.args; extra != 0 {
		return usageError{"usage: tidemark " + cmd.synopsis()}
	}
	if cmd.bare {
		return nil
	}
	m.Config, err = Load(Sources{Dir: m.Dir, Environ: m.Environ, Flags: settings()})
	return err
}

func asksJSON(args []string) bool {
	for _, a := range args {
		if a == "--" {
			return false
		}
		if a == "--json" || a == "--json=true" {
			return true
		}
	}
	return false
}

// settingFlags gives every variable a flag. A secret has none of its own, as
// arguments can be read by others; it has the one that names a file.
func settingFlags(flags *pflag.FlagSet) func() map[string]string {
	values := map[string]*string{}
	for _, v := range (&Config{}).variables() {
		name, doc := v.name, v.doc
		if v.secret {
			name, doc = v.name+"_FILE", "file that holds "+v.name
		}
		values[name] = flags.String(flagName(name), "", doc)
		_ = flags.MarkHidden(flagName(name)) // it was defined a line above
	}
	return func() map[string]string {
		set := map[string]string{}
		flags.Visit(func(f *pflag.Flag) {
			name := strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			if values[name] != nil {
				set[name] = f.Value.String()
			}
		})
		return set
	}
}

// Run runs the command.
func (m *Main) Run(ctx context.Context) error {
	return m.run(store.As(ctx, store.Author{Actor: "command line"}))
}

// Close undoes what Run opened, last first. It may be called twice.
func (m *Main) Close() error {
	var errs []error
	for i := len(m.close) - 1; i >= 0; i-- {
		errs = append(errs, m.close[i]())
	}
	m.close = nil
	return errors.Join(errs...)
}

func (m *Main) onClose(f func() error) { m.close = append(m.close, f) }

// complain tells the error to a person or a program and gives the exit code.
func (m *Main) complain(err error) int {
	code, name, message := exitFailure, "failed", oneLine(err)
	var usage usageError
	var f *fault.Error
	switch {
	case errors.As(err, &usage):
		code, name = exitUsage, "usage"
	case errors.As(err, &f):
		name, message = string(f.Code), f.Message
		if f.Cause != nil && f.Code == fault.Unavailable {
			message += " (" + oneLine(f.Cause) + ")"
		}
	}
	if m.json {
		_ = json.NewEncoder(m.Stderr).Encode(map[string]any{"error": map[string]string{"code": name, "message": message}})
		return code
	}
	fmt.Fprintln(m.Stderr, "tidemark:", message)
	return code
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// say prints a result: value for programs, text for people.
func (m *Main) say(value any, text string) error {
	if m.json {
		e := json.NewEncoder(m.Stdout)
		e.SetEscapeHTML(false)
		return e.Encode(value)
	}
	_, err := fmt.Fprintln(m.Stdout, text)
	return err
}

// hint tells a person something beside the result; programs do not see it.
func (m *Main) hint(format string, args ...any) {
	if !m.json {
		fmt.Fprintf(m.Stderr, format+"\n", args...)
	}
}
