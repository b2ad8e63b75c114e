package web

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestAConnectionThatWasNeverUsedDoesNotHoldUpAStop(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	time.Sleep(50 * time.Millisecond) // until it is accepted
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func TestAHalfSentRequestDoesNotHoldUpAStop(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]string{
		"half a head":                  "GET /health HTTP/1.1\r\nHo",
		"half a body":                  "PUT /api/v1/sync-storage/item/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
		"half a body in chunks":        "PUT /api/v1/sync-storage/item/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",
		"half a head after a request":  "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHo",
		"half a body that was invited": "PUT /api/v1/sync-storage/item/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := bare(t, nil)
			if err := s.Listen(t.Context()); err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, send); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)                                        // until it is read
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // a request has 30 s to arrive
			defer cancel()
			if err := s.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			answer, _ := io.ReadAll(c)
			if !strings.Contains(string(answer), "HTTP/1.1 408 ") {
				t.Errorf("it is not told: %q", answer)
			}
		})
	}
}
