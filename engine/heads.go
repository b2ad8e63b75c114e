package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tidemark/models"
)

const headsEvery = 2 * time.Second

// heads keeps in a file beside the database how far each tenant's log came. A
// database that was put back from a copy does not know it; the file does.
type heads struct {
	e    *Engine
	path string
	kept map[string]headMark
}

type headMark struct {
	Epoch string   `json:"epoch"`
	Seq   int64    `json:"seq"`
	Left  []string `json:"left,omitempty"` // epochs before this one, newest last
}

const maxLeft = 32 // epochs remembered of a tenant

// wentBack says whether a log that stood at the mark is now one of before: a
// lower number, or an epoch that was left. Another epoch is one that another node
// has begun.
func (m headMark) wentBack(h models.Head) bool {
	return h.Epoch == m.Epoch && h.Seq < m.Seq || slices.Contains(m.Left, h.Epoch)
}

// at is the mark of the log where it stands now.
func (m headMark) at(h models.Head) headMark {
	if m.Epoch != "" && m.Epoch != h.Epoch {
		m.Left = append(slices.Clone(m.Left), m.Epoch)
		m.Left = m.Left[max(0, len(m.Left)-maxLeft):]
	}
	m.Epoch, m.Seq = h.Epoch, h.Seq
	return m
}

// newHeads reads the file, and looks at once whether a log went back.
func newHeads(ctx context.Context, e *Engine, path string) (*heads, error) {
	k := &heads{e: e, path: path, kept: map[string]headMark{}}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &k.kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.log.Warn("how far the logs came before is not known", "error", err)
		k.kept = map[string]headMark{}
	}
	return k, k.save(ctx)
}

// run keeps the file, and writes it a last time at the end.
func (k *heads) run(ctx context.Context) {
	save := func(ctx context.Context) {
		if err := k.save(ctx); err != nil && ctx.Err() == nil {
			k.e.log.Warn("how far the logs came could not be kept", "error", err)
		}
	}
	every(ctx, headsEvery, save)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	save(last)
}

// save writes the file if a head has moved. A log that went back gets a new epoch
// first, so that cursors of the time between are told.
func (k *heads) save(ctx context.Context) error {
	now, err := k.e.store.Heads(ctx)
	if err != nil {
		return err
	}
	marks := make(map[string]headMark, len(now))
	for _, h := range now {
		before := k.kept[h.TenantID]
		if before.wentBack(h) {
			k.e.log.Warn("the log went back: the database was restored; cursors of before are no longer good", "tenant_id", h.TenantID, "seq", h.Seq, "was", before.Seq)
			if h.Epoch, err = k.restored(ctx, h); err != nil {
				return err
			}
		}
		marks[h.TenantID] = before.at(h)
	}
	if maps.EqualFunc(marks, k.kept, headMark.equal) {
		return nil
	}
	text, err := json.Marshal(marks)
	if err != nil {
		return err
	}
	if err := replaceFile(k.path, text); err != nil {
		return err
	}
	k.kept = marks
	return nil
}

func (m headMark) equal(o headMark) bool { return m.Epoch == o.Epoch && m.Seq == o.Seq }

// restored begins a new epoch, here and for all who are connected.
func (k *heads) restored(ctx context.Context, h models.Head) (epoch string, err error) {
	epoch = k.e.newID()
	if err := k.e.store.NewEpoch(ctx, h.TenantID, epoch); err != nil {
		return "", fmt.Errorf("begin a new epoch: %w", err)
	}
	if k.e.hub == nil { // at the start nobody is
		return epoch, nil
	}
	if _, _, err := k.e.head(ctx, h.TenantID); err != nil {
		return "", err
	}
	if t := k.e.hub.topic(h.TenantID); t != nil {
		t.restored(h.Seq)
	}
	return epoch, nil
}

// restored goes on where the log ends now, and tells the sessions that what they
// have is no longer in it.
func (t *topic) restored(seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tail, t.wanted = seq, seq
	clear(t.origins)
	for s := range t.sessions {
		s.sent, s.handed = seq, seq
		s.startOver("epoch")
	}
}

// replaceFile writes a file so that a crash leaves the old one or the new one, and never a part.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
