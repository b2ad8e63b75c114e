package mail

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"tidemark/internal/clock"
)

// Files writes each message to a file of its own, readable by its owner alone. The
// names rise with time. A file that ends in .eml is whole.
type Files struct {
	dir, from string
	clock     clock.Clock
}

// NewFiles makes a sender into a folder, which the first message makes.
func NewFiles(dir, from string, c clock.Clock) *Files {
	return &Files{dir: dir, from: from, clock: c}
}

// Send writes the message.
func (f *Files) Send(_ context.Context, m Message) error {
	msg, err := m.compose(f.from, f.clock)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(f.dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	_, err = msg.WriteTo(part)
	if err = errors.Join(err, part.Sync(), part.Close()); err == nil {
		name := f.clock.Now().UTC().Format("20060102T150405.000Z") + "-" + clock.NewID(f.clock) + ".eml"
		err = os.Rename(part.Name(), filepath.Join(f.dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

// Log tells the log what would have been sent, with all that the message says: it
// is for development and must not be used where others read the log.
type Log struct{ log *slog.Logger }

// NewLog makes a sender into a log.
func NewLog(log *slog.Logger) *Log { return &Log{log} }

// Send logs the message.
func (l *Log) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	l.log.InfoContext(ctx, "mail not sent", "to", m.To, "subject", m.Subject, "text", m.Text)
	return nil
}
