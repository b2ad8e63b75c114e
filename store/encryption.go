package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/models"
)

// sealing is how a tenant's values are written: encrypted where its setting says so.
// Nil is a tenant that encrypts nothing.
type sealing struct {
	tenantID string
	models.Encryption
	key *seal.DataKey
}

// of is the sealing of an item, nil when the setting does not cover it.
func (p *sealing) of(collection, key string) *sealing {
	if p == nil || !p.Covers(collection, key) {
		return nil
	}
	return p
}

// bytes is what is kept of a value in a column of a row; nothing stays nothing.
func (p *sealing) bytes(b []byte, table, row, column string) any {
	if p == nil || b == nil {
		return orNil(b)
	}
	sealed, err := p.key.Seal(b, p.tenantID, seal.Spot(p.tenantID, table, row, column))
	if err != nil {
		panic(err) // a key of 32 bytes always seals
	}
	return sealed
}

// reason is a conflict's reason without what an assistant said of the values, which its suggestion has.
func (p *sealing) reason(text string) string {
	if said, _, found := strings.Cut(text, ": "); p != nil && found && strings.HasPrefix(text, "The assistant was ") {
		return said + "."
	}
	return text
}

// reveal puts in the place of what a column of a row holds the text it stands for, and
// says whether that was encrypted. What belongs to another place, or was changed, is an
// error which tells nothing of it.
func (s *Store) reveal(b *[]byte, tenantID, table, row, column string) (bool, error) {
	id, ok := seal.SealedBy(*b)
	if !ok {
		return false, nil
	}
	k, err := s.ring.find(id)
	if err != nil {
		return false, err
	}
	text, err := k.Open(*b, tenantID, seal.Spot(tenantID, table, row, column))
	if err != nil {
		*b = nil
		return false, fmt.Errorf("%s.%s of row %s of tenant %s: %w", table, column, row, tenantID, err)
	}
	*b = text
	return true, nil
}

// sealed says by a byte whether there is anything to reveal.
func sealed(b []byte) bool { return len(b) > 0 && b[0] == 0 }

func (s *Store) revealItem(it *models.Item) error {
	if !sealed(it.Value) && !sealed(it.Metadata) {
		return nil
	}
	value, err := s.reveal(&it.Value, it.TenantID, "items", it.ID, "value")
	if err != nil {
		return err
	}
	metadata, err := s.reveal(&it.Metadata, it.TenantID, "items", it.ID, "metadata")
	it.Sealed = value || metadata
	return err
}

func (s *Store) revealChange(c *models.Change) error {
	if !sealed(c.Value) && !sealed(c.Metadata) {
		return nil
	}
	row := strconv.FormatInt(c.Seq, 10)
	if _, err := s.reveal(&c.Value, c.TenantID, "changes", row, "value"); err != nil {
		return err
	}
	_, err := s.reveal(&c.Metadata, c.TenantID, "changes", row, "metadata")
	return err
}

// revealConflict reveals the columns of a conflict, by their names.
func (s *Store) revealConflict(tenantID, id string, columns map[string]*[]byte) error {
	for name, b := range columns {
		if !sealed(*b) {
			continue
		}
		if _, err := s.reveal(b, tenantID, "conflicts", id, name); err != nil {
			return err
		}
	}
	return nil
}

// learn takes from a head, which the transaction holds, how the tenant's values are written.
func (t *CommitTx) learn(h models.Head) error {
	if h.Encryption == "" {
		return nil
	}
	p, err := t.s.sealing(h.TenantID, h.Encryption)
	if err != nil {
		return err
	}
	if t.sealings == nil {
		t.sealings = map[string]*sealing{}
	}
	t.sealings[h.TenantID] = p
	return nil
}

func (t *CommitTx) learnAll(heads []models.Head) error {
	for i := range heads {
		if err := t.learn(heads[i]); err != nil {
			return err
		}
	}
	return nil
}

// of is how an item of a tenant is written; the transaction holds the tenant's head.
func (t *CommitTx) of(tenantID, collection, key string) *sealing {
	if t.sealings == nil {
		return nil
	}
	return t.sealings[tenantID].of(collection, key)
}

func (s *Store) sealing(tenantID, setting string) (*sealing, error) {
	e := models.ParseEncryption(setting)
	if !e.On() {
		return nil, nil //nolint:nilnil // nil encrypts nothing
	}
	k, err := s.ring.current()
	return &sealing{tenantID: tenantID, Encryption: e, key: k}, err
}

// sealingIn is how a tenant's values are written by a transaction that is not a commit of its log: it
// holds the head, so that the setting stands until it ends. Jobs of no tenant encrypt nothing.
func (s *Store) sealingIn(tx *gorm.DB, tenantID string) (*sealing, error) {
	settings, err := scanAll(tx, func(row scanner, text *string) error { return row.Scan(text) },
		"SELECT encryption FROM tenant_heads WHERE tenant_id = ?"+s.dialect.forUpdate, tenantID)
	if err != nil || len(settings) == 0 {
		return nil, err
	}
	return s.sealing(tenantID, settings[0])
}

// Encryption reads what of a tenant is encrypted; `not_found`.
func (s *Store) Encryption(ctx context.Context, tenantID string) (models.Encryption, error) {
	h, err := s.Head(ctx, tenantID)
	return models.ParseEncryption(h.Encryption), err
}

// Bounds of a tenant's patterns.
const (
	maxPatterns = 50
	maxPattern  = 300 // bytes
	maxSetting  = 4000
)

// CheckEncryption says what is wrong with a setting: `invalid`, which names the field.
func CheckEncryption(e models.Encryption) error {
	if len(e.Patterns) > maxPatterns || len(e.String()) > maxSetting {
		return fault.OfField("patterns", "max", "may be at most %d patterns and %d bytes together", maxPatterns, maxSetting)
	}
	for _, p := range e.Patterns {
		of, pattern, found := strings.Cut(p, "/")
		if !found || of == "" || pattern == "" || len(p) > maxPattern || !plainOrEmpty(p) {
			return fault.OfField("patterns", "format", "must be a collection, a slash and a key, such as storage/card, or storage/card_* for all that begin so; at most %d bytes each", maxPattern)
		}
	}
	return nil
}
