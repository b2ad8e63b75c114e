package eio

import (
	"testing"
	"time"
)

func TestCountingWaitsForNoSession(t *testing.T) {
	t.Parallel()
	a := calm(t)
	a.handshake(t)
	a.dial(t, "")
	within(t, "one has a websocket", func() bool { return a.server.Sockets() == 1 })
	sess := a.session()
	sess.mu.Lock()
	counted := make(chan [2]int, 1)
	go func() { counted <- [2]int{a.server.Count(), a.server.Sockets()} }()
	select {
	case n := <-counted:
		if n != [2]int{2, 1} {
			t.Errorf("counted %v", n)
		}
	case <-time.After(10 * time.Second):
		t.Error("the count waits")
	}
	sess.mu.Unlock()
}

func TestAnUpgradedSessionIsCountedOnceAndForgotten(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	c := a.dial(t, id)
	write(t, c, "2probe")
	expectNext(t, c, "3probe")
	write(t, c, "5")
	within(t, "it is a websocket's", func() bool { return a.server.Sockets() == 1 && a.server.Count() == 1 })
	_ = c.Close()
	within(t, "it is gone", func() bool { return a.server.Sockets() == 0 && a.server.Count() == 0 })
}

// The word left for a GET that a close overtook is kept for a while, but not beyond the server's end.
func TestAClosedServerRemembersNoSession(t *testing.T) {
	t.Parallel()
	a := calm(t)
	if status, body := a.post(t, a.handshake(t), "1"); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	a.server.Close(t.Context())
	if n := a.server.Count(); n != 0 {
		t.Errorf("%d sessions are remembered", n)
	}
}

// A session's lock is never held while the server's is waited for: elsewhere they are taken the other way round.
func TestTheLastWordHoldsNoLockOfTheSession(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	sess := &Session{id: "s", server: s, final: []byte{packetClose}, ended: true}
	s.sessions[sess.id] = sess
	s.mu.RLock()
	told := make(chan []byte, 1)
	go func() { told <- sess.lastWord() }()
	within(t, "the session is free while the server is not", func() bool {
		if !sess.mu.TryLock() {
			return false
		}
		defer sess.mu.Unlock()
		return sess.final == nil
	})
	s.mu.RUnlock()
	if word := <-told; string(word) != "1" || s.Count() != 0 {
		t.Errorf("told %q, %d sessions are left", word, s.Count())
	}
}
