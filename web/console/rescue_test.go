package console

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"tidemark/internal/clock"
)

// broken is a feed that panics.
type broken struct{ closed bool }

func (*broken) pull(context.Context) (*event, error) { panic("out of order") }
func (b *broken) close()                             { b.closed = true }

func TestAPanicEndsOneStreamAlone(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	c := New(Options{Clock: clock.System{}, Log: slog.New(slog.NewTextHandler(&lines, nil))})
	if err := c.streams.enter(""); err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	defer func() { _, _ = here.Close(), there.Close() }()
	from := &broken{}
	s := &liveStream{console: c, visit: visit{base: t.Context()}, feed: from, conn: here}
	s.run(bufio.NewWriter(io.Discard))
	if !from.closed || c.streams.open != 0 || !strings.Contains(lines.String(), "level=ERROR") || !strings.Contains(lines.String(), "out of order") {
		t.Errorf("feed closed %v, %d streams are left, logged %s", from.closed, c.streams.open, lines.String())
	}
	c.Close() // and waits for none
}
