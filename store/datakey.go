package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/models"
)

const (
	keysEvery   = time.Second     // between looks for data keys that others made
	keyPatience = time.Second     // for a look at a key that is not known
	keyNotice   = 3 * time.Second // a new key is written with after it, when every process knows it
)

// keyring holds the data keys that a process knows.
type keyring struct {
	s      *Store
	master func() (*seal.Box, error) // nil: none is configured

	mu   sync.RWMutex
	keys map[uint32]*seal.DataKey
	rows []models.DataKey // newest first
}

func errNoMaster() error {
	return fault.New(fault.Unavailable, "Encryption at rest needs a master key: set ENCRYPTION_KEY or ENCRYPTION_KEY_COMMAND and start the server again.")
}

// Encrypts says whether there is a master key, without which nothing can be encrypted.
func (s *Store) Encrypts() bool { return s.ring.master != nil }

func (r *keyring) box() (*seal.Box, error) {
	if r.master == nil {
		return nil, errNoMaster()
	}
	return r.master()
}

// find gives a data key, which another process may have made a moment ago.
func (r *keyring) find(id uint32) (*seal.DataKey, error) {
	known := func() *seal.DataKey {
		r.mu.RLock()
		defer r.mu.RUnlock()
		return r.keys[id]
	}
	if k := known(); k != nil {
		return k, nil
	}
	if err := r.look(); err != nil {
		return nil, err
	}
	if k := known(); k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("data key %d is not in the database", id)
}

// current is the newest key that every process knows.
func (r *keyring) current() (*seal.DataKey, error) {
	if k := r.newest(); k != nil {
		return k, nil
	}
	if err := r.look(); err != nil {
		return nil, err
	}
	if k := r.newest(); k != nil {
		return k, nil
	}
	return nil, errors.New("there is no data key to write with")
}

func (r *keyring) newest() *seal.DataKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	now := clock.Millis(r.s.clock)
	for i := range r.rows {
		if r.rows[i].ActiveAt <= now && r.rows[i].RetiredAt == 0 {
			return r.keys[uint32(r.rows[i].ID)]
		}
	}
	return nil
}

func (r *keyring) look() error {
	ctx, cancel := context.WithTimeout(context.Background(), keyPatience)
	defer cancel()
	return r.load(ctx)
}

const dataKeySelect = "SELECT id, created_at, active_at, retired_at, sealed_secret FROM data_keys ORDER BY id DESC"

type wrappedKey struct {
	models.DataKey
	secret []byte
}

func (s *Store) wrappedKeys(ctx context.Context, db *sql.DB) ([]wrappedKey, error) {
	rows, err := db.QueryContext(ctx, dataKeySelect)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []wrappedKey
	for rows.Next() {
		var w wrappedKey
		if err := rows.Scan(&w.ID, &w.CreatedAt, &w.ActiveAt, &w.RetiredAt, &w.secret); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

func keyPlace(id int64) []byte { return seal.Place("data_keys", fmt.Sprint(id)) }

// load reads the keys anew. Those it knows it does not open again.
func (r *keyring) load(ctx context.Context) error {
	box, err := r.box()
	if err != nil {
		return err
	}
	wrapped, err := r.s.wrappedKeys(ctx, r.s.rdb)
	if err != nil {
		return r.s.fault(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = r.rows[:0:0]
	for _, w := range wrapped {
		id := uint32(w.ID)
		r.rows = append(r.rows, w.DataKey)
		if r.keys[id] != nil {
			continue
		}
		secret, err := box.Open(w.secret, keyPlace(w.ID))
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "The master key is not the one that data key %d was wrapped with; ENCRYPTION_KEY, or what it was before as ENCRYPTION_KEY_FORMER, must be.", w.ID)
		}
		if r.keys[id], err = seal.DataKeyOf(id, secret); err != nil {
			return err
		}
	}
	return nil
}

// OpenKeys makes the data keys ready for a server: it says at once when they, and so what
// is encrypted, cannot be read, wraps them by a new master key, and follows what other processes do.
func (s *Store) OpenKeys(ctx context.Context) error {
	if s.ring.master == nil {
		wrapped, err := s.wrappedKeys(ctx, s.rdb)
		if err == nil && len(wrapped) > 0 {
			return fault.New(fault.Unavailable, "The database holds encrypted values and no master key is set: set ENCRYPTION_KEY or ENCRYPTION_KEY_COMMAND.")
		}
		return s.fault(err)
	}
	if _, err := s.WrapKeys(ctx); err != nil {
		return err
	}
	work, stop := context.WithCancel(context.Background())
	former := s.stop
	s.stop = func() { stop(); former() }
	s.work.Go(func() {
		t := time.NewTicker(keysEvery)
		defer t.Stop()
		for {
			select {
			case <-work.Done():
				return
			case <-t.C:
				_ = s.ring.load(work) // what is not found is looked for again when it is needed
			}
		}
	})
	return nil
}

// WrapKeys wraps those data keys by the master key that a former one wraps, and says how many.
func (s *Store) WrapKeys(ctx context.Context) (n int64, err error) {
	if err := s.ring.load(ctx); err != nil {
		return 0, err
	}
	box, err := s.ring.box()
	if err != nil {
		return 0, err
	}
	wrapped, err := s.wrappedKeys(ctx, s.rdb)
	if err != nil {
		return 0, s.fault(err)
	}
	for _, w := range wrapped {
		if box.Current(w.secret) {
			continue
		}
		secret, err := box.Open(w.secret, keyPlace(w.ID))
		if err != nil {
			return n, err
		}
		again := box.Seal(secret, keyPlace(w.ID))
		err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
			e := models.AuditEntry{Action: "datakey.wrap", Object: fmt.Sprint(w.ID), Detail: detail(map[string]any{"changed": []models.FieldChange{replaced("masterKey")}})}
			return e, tx.Exec("UPDATE data_keys SET sealed_secret = ? WHERE id = ?", again, w.ID).Error
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// DataKeys reads the data keys, newest first.
func (s *Store) DataKeys(ctx context.Context) ([]models.DataKey, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, k *models.DataKey) error {
		return row.Scan(&k.ID, &k.CreatedAt, &k.ActiveAt, &k.RetiredAt)
	}, "SELECT id, created_at, active_at, retired_at FROM data_keys ORDER BY id DESC")
	return out, s.fault(err)
}

// AddDataKey makes a data key, which is written with once every process has had time to learn of it.
func (s *Store) AddDataKey(ctx context.Context) (k models.DataKey, err error) {
	if !s.Encrypts() {
		return k, errNoMaster()
	}
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		if k, err = s.addDataKey(tx, keyNotice); err != nil {
			return models.AuditEntry{}, err
		}
		return dataKeyAudit(k), nil
	})
	if err == nil {
		err = s.ring.load(ctx)
	}
	return k, err
}

func (s *Store) addDataKey(tx *gorm.DB, notice time.Duration) (models.DataKey, error) {
	var last int64
	if err := tx.Raw("SELECT COALESCE(MAX(id), 0) FROM data_keys").Row().Scan(&last); err != nil {
		return models.DataKey{}, err
	}
	now := clock.Millis(s.clock)
	k := models.DataKey{ID: last + 1, CreatedAt: now, ActiveAt: now + notice.Milliseconds()}
	box, err := s.ring.box()
	if err != nil {
		return models.DataKey{}, err
	}
	secret := box.Seal(seal.NewDataKey(), keyPlace(k.ID))
	return k, tx.Exec("INSERT INTO data_keys (id, sealed_secret, created_at, active_at) VALUES (?,?,?,?)", k.ID, secret, k.CreatedAt, k.ActiveAt).Error
}

// ensureDataKey makes the first data key, with which nothing is written before it is committed.
func (s *Store) ensureDataKey(ctx context.Context, tx *gorm.DB) error {
	var n int
	if err := tx.Raw("SELECT COUNT(*) FROM data_keys WHERE retired_at = 0").Row().Scan(&n); err != nil || n > 0 {
		return err
	}
	k, err := s.addDataKey(tx, 0)
	if err != nil {
		return err
	}
	return s.addAudit(ctx, tx, dataKeyAudit(k))
}

// dataKeyAudit tells that a key was made, and nothing of its bytes.
func dataKeyAudit(k models.DataKey) models.AuditEntry {
	made := []auditField{{"key", k.ID}, {"activeAt", k.ActiveAt}}
	return models.AuditEntry{Action: "datakey.create", Object: fmt.Sprint(k.ID), Detail: detail(map[string]any{"changed": changes(nil, made)})}
}

// AwaitDataKey waits until a key is written with by every process.
func (s *Store) AwaitDataKey(ctx context.Context, k models.DataKey) error {
	for {
		left := time.Duration(k.ActiveAt-clock.Millis(s.clock)) * time.Millisecond
		if left <= 0 {
			return s.ring.load(ctx)
		}
		if err := wait(ctx, min(left, keysEvery)); err != nil {
			return err
		}
	}
}

// RetireDataKeys has nothing written any more with the keys before one. What they encrypted still opens.
func (s *Store) RetireDataKeys(ctx context.Context, before int64) error {
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		const those = " WHERE id < ? AND retired_at = 0"
		ids, err := scanAll(tx, func(row scanner, id *int64) error { return row.Scan(id) }, "SELECT id FROM data_keys"+those+" ORDER BY id", before)
		if err != nil {
			return models.AuditEntry{}, err
		}
		err = tx.Exec("UPDATE data_keys SET retired_at = ?"+those, clock.Millis(s.clock), before).Error
		changed := became("writtenWith", append(ids, before), []int64{before})
		return models.AuditEntry{Action: "datakey.rotate", Object: fmt.Sprint(before), Detail: detail(map[string]any{"retired": ids, "changed": changed})}, err
	})
	if err == nil {
		err = s.ring.load(ctx)
	}
	return err
}
