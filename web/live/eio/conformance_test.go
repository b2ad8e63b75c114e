package eio

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// These tests follow the test suite of the Engine.IO protocol, revision 4.

func TestHandshakeRefusesBadQueries(t *testing.T) {
	t.Parallel()
	a := calm(t)
	base := strings.TrimSuffix(a.url, "?EIO=4")
	for query, message := range map[string]string{
		"":                                     "Unsupported protocol version",
		"?EIO=abc&transport=polling":           "Unsupported protocol version",
		"?EIO=3&transport=polling":             "Unsupported protocol version",
		"?EIO=4":                               "Transport unknown",
		"?EIO=4&transport=abc":                 "Transport unknown",
		"?EIO=4&transport=polling&sid=unknown": "Session ID unknown",
		"?EIO=4&transport=websocket":           "Bad request",
	} {
		if status, body := fetch(t, "GET", base+query, ""); status != 400 || !strings.Contains(body, message) {
			t.Errorf("%s: %d %s, want 400 %s", query, status, body, message)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		if status, _ := fetch(t, method, a.url+"&transport=polling", "x"); status != 400 {
			t.Errorf("%s without a session: %d", method, status)
		}
	}
}

func TestPollingCarriesMessages(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	if status, body := a.post(t, id, "4hello"); status != 200 || body != "ok" {
		t.Fatalf("post: %d %s", status, body)
	}
	if status, body := a.poll(t, id); status != 200 || body != "4hello" {
		t.Fatalf("poll: %d %s", status, body)
	}
	a.post(t, id, "4test1\x1e4test2\x1e4test3")
	if _, body := a.poll(t, id); body != "4test1\x1e4test2\x1e4test3" {
		t.Fatalf("several packets: %q", body)
	}
	a.post(t, id, "4test4\x1ebAQIDBA==")
	if _, body := a.poll(t, id); body != "4test4\x1e4binary 01020304" {
		t.Fatalf("binary: %q", body)
	}
}

func TestPollingClosesAtInvalidPackets(t *testing.T) {
	t.Parallel()
	a := calm(t)
	for _, body := range []string{"abc", "", "4a\x1e", "\x1e4a", "b!!", "4\xff", "0", "5"} {
		id := a.handshake(t)
		if status, _ := a.post(t, id, body); status != 400 {
			t.Errorf("post of %q: %d", body, status)
		}
		if status, _ := a.poll(t, id); status != 400 {
			t.Errorf("the session outlived %q", body)
		}
	}
}

func TestPollingRefusesTooMuch(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	if status, _ := a.post(t, id, "4"+strings.Repeat("x", maxPayload)); status != 413 {
		t.Errorf("got %d", status)
	}
	if status, _ := a.poll(t, id); status != 400 {
		t.Error("the session outlived it")
	}
}

func TestTwoPollsAtOnceEndTheSession(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	first := make(chan string, 1)
	go func() { _, body := a.poll(t, id); first <- body }()
	within(t, "the first poll waits", func() bool { s := a.session(); s.mu.Lock(); defer s.mu.Unlock(); return s.getting })
	if status, _ := a.poll(t, id); status != 400 {
		t.Errorf("second poll: %d", status)
	}
	if body := <-first; body != "1" {
		t.Errorf("first poll: %q", body)
	}
}

func TestClientClosesOverPolling(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	waiting := make(chan string, 1)
	go func() { _, body := a.poll(t, id); waiting <- body }()
	within(t, "the poll waits", func() bool { s := a.session(); s.mu.Lock(); defer s.mu.Unlock(); return s.getting })
	a.post(t, id, "1")
	if body := <-waiting; body != "6" {
		t.Errorf("the waiting poll got %q", body)
	}
	if status, _ := a.poll(t, id); status != 400 {
		t.Error("the session lives on")
	}
}

func TestAPollOvertakenByTheClientsCloseGetsANoop(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	a.post(t, id, "1")
	if status, body := a.poll(t, id); status != 200 || body != "6" {
		t.Errorf("got %d %q", status, body)
	}
	if status, _ := a.poll(t, id); status != 400 {
		t.Error("the session lives on")
	}
}

func TestWebsocketCarriesMessages(t *testing.T) {
	t.Parallel()
	a := calm(t)
	c := a.dial(t, "")
	if _, b, err := c.ReadMessage(); err != nil || b[0] != '0' || !strings.Contains(string(b), `"upgrades":[]`) {
		t.Fatalf("open: %s %v", b, err)
	}
	write(t, c, "4hello")
	expectNext(t, c, "4hello")
	if err := c.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	expectNext(t, c, "4binary 010203")
	write(t, c, "1")
	expectClosed(t, c)
	within(t, "the owner is told", func() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.closed == 1 })
}

func TestWebsocketClosesAtInvalidPackets(t *testing.T) {
	t.Parallel()
	a := calm(t)
	for _, packet := range []string{"abc", "", "5", "0"} {
		c := a.dial(t, "")
		write(t, c, packet)
		expectClosed(t, c)
	}
}

func TestWebsocketSaysWhyItCloses(t *testing.T) {
	t.Parallel()
	a := calm(t)
	for text, code := range map[string]int{"4" + strings.Repeat("x", maxPayload): 1009, "4\xff": 1007} {
		c := a.dial(t, "")
		write(t, c, text)
		var why *websocket.CloseError
		var err error
		for err == nil {
			_, _, err = c.ReadMessage()
		}
		if !errors.As(err, &why) || why.Code != code {
			t.Errorf("got %v, want %d", err, code)
		}
	}
}

func TestPingsGoOutAndPongsKeepAlive(t *testing.T) {
	t.Parallel()
	a := start(t, 100*time.Millisecond, 500*time.Millisecond)
	t.Run("over a websocket", func(t *testing.T) {
		t.Parallel()
		c := a.dial(t, "")
		_, _, _ = c.ReadMessage()
		for range 3 {
			expectNext(t, c, "2")
			write(t, c, "3")
		}
		expectNext(t, c, "2")
		expectClosed(t, c) // for want of a pong
	})
	t.Run("over polling", func(t *testing.T) {
		t.Parallel()
		id := a.handshake(t)
		for range 3 {
			if _, body := a.poll(t, id); body != "2" {
				t.Fatalf("got %q", body)
			}
			a.post(t, id, "3")
		}
		time.Sleep(900 * time.Millisecond)
		if status, _ := a.poll(t, id); status != 400 {
			t.Error("alive without a pong")
		}
	})
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	c := a.dial(t, id)
	write(t, c, "2probe")
	expectNext(t, c, "3probe")
	write(t, c, "5", "4hello")
	expectNext(t, c, "4hello")
}

func TestUpgradeLetsTheWaitingPollGo(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	waiting := make(chan string, 1)
	go func() { _, body := a.poll(t, id); waiting <- body }()
	within(t, "the poll waits", func() bool { s := a.session(); s.mu.Lock(); defer s.mu.Unlock(); return s.getting })
	c := a.dial(t, id)
	write(t, c, "2probe")
	expectNext(t, c, "3probe")
	if body := <-waiting; body != "6" {
		t.Fatalf("the waiting poll got %q", body)
	}
	write(t, c, "5", "4x")
	expectNext(t, c, "4x")
}

func TestUpgradeKeepsWhatWasQueued(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	c := a.dial(t, id)
	write(t, c, "2probe")
	expectNext(t, c, "3probe")
	a.post(t, id, "4while probing")
	write(t, c, "5")
	expectNext(t, c, "4while probing")
}

func TestHTTPAfterTheUpgradeIsRefused(t *testing.T) {
	t.Parallel()
	a := calm(t)
	for range 20 { // the GET may come before the "5" is taken, or after
		id := a.handshake(t)
		c := a.dial(t, id)
		write(t, c, "2probe")
		expectNext(t, c, "3probe")
		write(t, c, "5")
		if status, body := a.poll(t, id); status != 400 {
			t.Fatalf("poll: %d %s", status, body)
		}
		if status, _ := a.post(t, id, "4x"); status != 400 {
			t.Fatalf("post: %d", status)
		}
		write(t, c, "4hello")
		expectNext(t, c, "4hello")
	}
}

func TestASecondWebsocketIsClosedAndTheFirstGoesOn(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	c := a.dial(t, id)
	write(t, c, "2probe", "5")
	expectNext(t, c, "3probe")
	write(t, c, "4a")
	expectNext(t, c, "4a")
	expectClosed(t, a.dial(t, id))
	write(t, c, "4b")
	expectNext(t, c, "4b")
}

func TestAFailedUpgradeLeavesPolling(t *testing.T) {
	t.Parallel()
	a := calm(t)
	id := a.handshake(t)
	for _, packets := range [][]string{{"4no probe"}, {"2probe", "4not five"}, {"2probe"}} {
		c := a.dial(t, id)
		write(t, c, packets...)
		if len(packets) == 2 {
			expectNext(t, c, "3probe")
			expectClosed(t, c)
		}
		_ = c.Close()
		s := a.session()
		within(t, "the probe is over", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return !s.probing })
	}
	a.post(t, id, "4still here")
	if _, body := a.poll(t, id); body != "4still here" {
		t.Fatalf("got %q", body)
	}
}

func TestServersCloseArrivesLast(t *testing.T) {
	t.Parallel()
	a := calm(t)
	t.Run("over a websocket", func(t *testing.T) {
		c := a.dial(t, "")
		_, _, _ = c.ReadMessage()
		s := a.session()
		s.Push([]byte("4last words"))
		s.Close(1008, "revoked")
		expectNext(t, c, "4last words")
		_, _, err := c.ReadMessage()
		var why *websocket.CloseError
		if !errors.As(err, &why) || why.Code != 1008 || why.Text != "revoked" {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("over polling", func(t *testing.T) {
		id := a.handshake(t)
		s := a.session()
		s.Push([]byte("4last words"))
		s.Close(1008, "revoked")
		for _, want := range []string{"4last words", "1"} {
			if _, body := a.poll(t, id); body != want {
				t.Fatalf("got %q, want %q", body, want)
			}
		}
		if status, _ := a.poll(t, id); status != 400 {
			t.Error("the session lives on")
		}
	})
}

func TestAProbeIsAnsweredAfterWhatWasSent(t *testing.T) {
	t.Parallel()
	a := calm(t)
	c := a.dial(t, "")
	_, _, _ = c.ReadMessage()
	s := a.session()
	s.Send([]byte("4frame"))
	s.Probe()
	s.Probe() // remembered until the pong
	expectNext(t, c, "4frame")
	expectNext(t, c, "2")
	write(t, c, "3")
	expectNext(t, c, "2")
	write(t, c, "3", "3")
	within(t, "both are proved", func() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.proved == 2 })
}

func TestASilentReaderIsBounded(t *testing.T) {
	t.Parallel()
	a := calm(t)
	a.handshake(t)
	s := a.session()
	frame := []byte("4" + strings.Repeat("x", 1000))
	n := 0
	for s.Send(frame) {
		n++
	}
	if n > 256 || n < 200 {
		t.Fatalf("%d frames were queued", n)
	}
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte("4a\x1ebAQ==\x1e3"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n := 0
		err := payload(body, func(p []byte) error {
			if len(p) == 0 {
				t.Fatal("an empty packet")
			}
			n += len(p) + 1
			return nil
		})
		if err == nil && n != len(body)+1 {
			t.Fatalf("took %d of %d bytes", n, len(body))
		}
	})
}
