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
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
}

// newHeads reads the file and gives every tenant whose log went back a new
// epoch, so that cursors of the time between are told.
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
	now, err := e.store.Heads(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range now {
		before := k.kept[h.TenantID]
		if before.Epoch != h.Epoch || h.Seq >= before.Seq {
			continue
		}
		e.log.Warn("the log went back: the database was restored; cursors of before are no longer good", "tenant_id", h.TenantID, "seq", h.Seq, "was", before.Seq)
		if err := e.store.NewEpoch(ctx, h.TenantID, e.newID()); err != nil {
			return nil, fmt.Errorf("begin a new epoch: %w", err)
		}
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

// save writes the file if a head has moved.
func (k *heads) save(ctx context.Context) error {
	now, err := k.e.store.Heads(ctx)
	if err != nil {
		return err
	}
	marks := marksOf(now)
	if maps.Equal(marks, k.kept) {
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

func marksOf(hs []models.Head) map[string]headMark {
	out := make(map[string]headMark, len(hs))
	for _, h := range hs {
		out[h.TenantID] = headMark{Epoch: h.Epoch, Seq: h.Seq}
	}
	return out
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
