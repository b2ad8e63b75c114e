package web

import (
	"context"
	"net"
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
