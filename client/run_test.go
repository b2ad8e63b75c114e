package client_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidemark/client"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
)

// run keeps a device in step until the end of the test, or until stop.
func (d *device) run() (stop func() error) {
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	return func() error { cancel(); return <-done }
}

func (d *device) comesToShow(key, value string, within time.Duration) {
	d.t.Helper()
	testkit.Eventually(d.t, within, d.options.InstanceID+" shows "+key, func() bool {
		i, err := d.Get(d.t.Context(), key)
		return err == nil && string(i.Value) == value
	})
}

// Two devices that run see each other's writes as they are made, across a kill of the server and a cut of the network.
func TestRunKeepsInStep(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant()
		net := &network{}
		quiet := func(o *client.Options) { o.OnEvent = nil }
		a, b := s.device(t, key, "a", quiet), s.device(t, key, "b", net.carry, quiet)
		stopA, stopB := a.run(), b.run()
		for i := range 5 {
			a.set("k", fmt.Sprint(i))
			b.comesToShow("k", fmt.Sprint(i), 3*time.Second)
			b.set("l", fmt.Sprint(i))
			a.comesToShow("l", fmt.Sprint(i), 3*time.Second)
		}
		a.sync() // beside its run
		s.Kill()
		a.set("k", `"while away"`)
		s.Start()
		b.comesToShow("k", `"while away"`, 10*time.Second)
		net.cut()
		b.set("l", `"while cut"`)
		time.Sleep(100 * time.Millisecond)
		net.open()
		a.comesToShow("l", `"while cut"`, 10*time.Second)
		if err := stopA(); !ended(err) {
			t.Error(err)
		}
		began := time.Now()
		b.ok(b.Close())
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("closing took %s", took)
		}
		b.is(stopB(), fault.Unavailable)
		b.is(b.Sync(t.Context()), fault.Unavailable)
	})
}

func TestRunEndsWhenTheServerWillNotHaveTheCaller(t *testing.T) {
	t.Parallel()
	net := &network{}
	a := nowhere.device(t, "key", "a", net.carry)
	net.answer("GET", 401, `{"code":"revoked","message":"The key was revoked."}`)
	a.is(a.Run(t.Context()), fault.Revoked)
}

// A server that is busy says for how long, and is left alone until then.
func TestRunWaitsAsItIsAsked(t *testing.T) {
	t.Parallel()
	net := &network{}
	a := nowhere.device(t, "key", "a", net.carry)
	net.answer("GET", 429, `{"code":"rate_limited","message":"Too many requests."}`, "Retry-After: 2")
	stop := a.run()
	time.Sleep(1900 * time.Millisecond)
	if n := net.requests(); n != 1 {
		t.Errorf("it asked %d times within two seconds", n)
	}
	testkit.Eventually(t, 5*time.Second, "it asks again", func() bool { return net.requests() > 1 })
	if err := stop(); !ended(err) {
		t.Error(err)
	}
}

// Between tries the pause grows, so that a server that comes back is not run over.
func TestRunTriesLessAndLess(t *testing.T) {
	t.Parallel()
	net := &network{}
	a := nowhere.device(t, "key", "a", net.carry)
	net.cut()
	stop := a.run()
	time.Sleep(5 * time.Second)
	if n := net.requests(); n < 2 || n > 6 {
		t.Errorf("it tried %d times in 5 s", n)
	}
	if err := stop(); !ended(err) {
		t.Error(err)
	}
}

func TestSyncEndsWithItsContext(t *testing.T) {
	t.Parallel()
	a := nowhere.device(t, "key", "a")
	if err := a.Sync(canceled(t)); !ended(err) {
		t.Error(err)
	}
}
