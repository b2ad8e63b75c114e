package client_test

// The tests of this folder run the client against the real program, on SQLite and
// on a private MariaDB. The lab (client/lab) looks for what they did not think of.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/client"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
)

// soak picks the size of a test.
func soak(short, long int) int {
	if os.Getenv("TIDEMARK_SOAK") != "" {
		return long
	}
	return short
}

// server is a running program with tenants.
type server struct {
	*testkit.Process
	tenants atomic.Int64
}

// tenant makes a tenant, with flags of tenant create, and gives a key to it.
func (s *server) tenant(flags ...string) string {
	return s.Tenant(fmt.Sprint("t", s.tenants.Add(1)), flags...)
}

// onEach runs the test on a server over SQLite and one over MariaDB.
func onEach(t *testing.T, test func(t *testing.T, s *server)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, &server{Process: testkit.Serve(t)})
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		test(t, &server{Process: testkit.Serve(t, "DATABASE_URL="+testkit.MariaDB(t).URL())})
	})
}

// device is a client in a test, which fails where the client does.
type device struct {
	*client.Client
	t       testing.TB
	options client.Options
	events  []string
	clock   *clock.Manual
}

// device opens a replica of the user ada.
func (s *server) device(t testing.TB, key, instance string, change ...func(*client.Options)) *device {
	t.Helper()
	d := &device{t: t, clock: clock.At(time.Now())}
	d.options = client.Options{
		Path: filepath.Join(t.TempDir(), "replica.db"), URL: s.URL, APIKey: key, UserID: "ada", InstanceID: instance, Clock: d.clock,
		OnEvent: func(e client.Event) { d.events = append(d.events, string(e.Kind)+" "+e.Key) },
	}
	for _, f := range change {
		f(&d.options)
	}
	d.open()
	return d
}

func (d *device) open() {
	d.t.Helper()
	c, err := client.Open(d.t.Context(), d.options)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Close() }) // a test that closes it has looked
	d.Client = c
}

// again closes the replica and opens it, as an app that starts again.
func (d *device) again() {
	d.t.Helper()
	d.ok(d.Close())
	d.open()
}

func (d *device) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatalf("%s: %v", d.options.InstanceID, err)
	}
}

// is fails the test unless the error has the code.
func (d *device) is(err error, code fault.Code) {
	d.t.Helper()
	if !fault.Is(err, code) {
		d.t.Errorf("%s: %v, not %s", d.options.InstanceID, err, code)
	}
}

func (d *device) set(key, value string, options ...client.Option) {
	d.t.Helper()
	d.ok(d.Set(d.t.Context(), key, []byte(value), options...))
}

func (d *device) sync() {
	d.t.Helper()
	d.ok(d.Sync(d.t.Context()))
}

// shows fails the test unless the replica shows a value; empty: no item.
func (d *device) shows(key, value string) client.Item {
	d.t.Helper()
	i, err := d.Get(d.t.Context(), key)
	if got := string(i.Value); got != value || (err == nil) != (value != "") {
		d.t.Errorf("%s shows %s as %q (%v), not %q", d.options.InstanceID, key, got, err, value)
	}
	return i
}

func (d *device) pending() []client.Operation {
	d.t.Helper()
	ops, err := d.Pending(d.t.Context())
	d.ok(err)
	return ops
}

func (d *device) refused() []client.Operation {
	d.t.Helper()
	ops, err := d.Refused(d.t.Context())
	d.ok(err)
	return ops
}

func (d *device) conflicts() []client.Conflict {
	d.t.Helper()
	list, err := d.Conflicts(d.t.Context())
	d.ok(err)
	return list
}

// told fails the test unless there was an event since the last time.
func (d *device) told(event string) {
	d.t.Helper()
	if got := strings.Join(d.events, ", "); !strings.Contains(got, event) {
		d.t.Errorf("%s was told %q, not %q", d.options.InstanceID, got, event)
	}
	d.events = nil
}

func canceled(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
