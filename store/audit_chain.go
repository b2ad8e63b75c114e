package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

const (
	maxAuditAgent  = 512 // bytes, as the others
	maxAuditObject = 640
	maxAuditText   = 160 // actor
	maxAuditShort  = 64  // action, address, request id
	maxAuditDetail = 60 << 10
)

// authored is an entry in the name of its author, as it is kept.
func (s *Store) authored(a Author, e models.AuditEntry) models.AuditEntry {
	e.ID, e.At = clock.NewID(s.clock), clock.Millis(s.clock)
	e.Actor, e.Action, e.Object = fitting(a.Actor, maxAuditText), fitting(e.Action, maxAuditShort), fitting(e.Object, maxAuditObject)
	e.Address, e.UserAgent, e.RequestID = fitting(a.Address, maxAuditShort), fitting(a.UserAgent, maxAuditAgent), fitting(a.RequestID, maxAuditShort)
	e.Door, e.Detail = a.Door.String(), tidyDetail(e.Detail)
	return e
}

// fitting is what a column has room for, as text that every encoding keeps.
func fitting(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// tidyDetail is a JSON object without spaces, so that it stays byte by byte the same wherever it goes.
func tidyDetail(raw []byte) []byte {
	if len(raw) == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return detail(map[string]any{"text": fitting(string(raw), maxAuditObject)})
	}
	if b.Len() > maxAuditDetail {
		return detail(map[string]any{"tooLong": b.Len()})
	}
	return b.Bytes()
}

// chain adds entries to their chains and moves the heads, which stay locked until the transaction
// ends: so it goes last, and takes the chains in one order.
func (s *Store) chain(ctx context.Context, tx gorm.ConnPool, entries []models.AuditEntry) error {
	slices.SortStableFunc(entries, func(a, b models.AuditEntry) int { return cmp.Compare(a.TenantID, b.TenantID) })
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].TenantID == entries[0].TenantID {
			n++
		}
		if err := s.chainOf(ctx, tx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// chainOf adds entries of one tenant.
func (s *Store) chainOf(ctx context.Context, tx gorm.ConnPool, entries []models.AuditEntry) error {
	h, err := s.lockAuditHead(ctx, tx, entries[0].TenantID)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		e.Seq = h.Seq + 1
		e.Hash = e.HashAfter(h.Hash)
		h.Seq, h.Hash = e.Seq, e.Hash
		_, err := tx.ExecContext(ctx, `INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, user_agent, request_id, door, at, detail, chain_seq, hash)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`, e.ID, e.TenantID, e.Actor, e.Action, e.Object, e.Address, e.UserAgent, e.RequestID, e.Door, e.At, orNil(e.Detail), e.Seq, e.Hash)
		if err != nil {
			return err
		}
	}
	return s.keepAuditHead(ctx, tx, h)
}

const auditHeadSelect = "SELECT tenant_id, seq, hash, older, older_hash, older_cut, cut_seq, cut_hash, suspect, mac FROM audit_heads"

func scanAuditHead(row scanner, h *models.AuditHead) error {
	return row.Scan(&h.TenantID, &h.Seq, &h.Hash, &h.Older, &h.OlderHash, &h.OlderCut, &h.Cut, &h.CutHash, &h.Suspect, &h.Mac)
}

// lockAuditHead locks the head of a chain, which begins with the first time it is asked for. One that
// nobody with the secret has made is noted as such for good, so that nothing added later vouches for it.
func (s *Store) lockAuditHead(ctx context.Context, tx gorm.ConnPool, tenantID string) (models.AuditHead, error) {
	h, found, err := s.auditHeadIn(ctx, tx, tenantID)
	if err != nil || found {
		if err == nil && h.Suspect == 0 && !s.vouched(h.Mac, h.MacBy) {
			h.Suspect = h.Seq + 1
		}
		return h, err
	}
	h = models.AuditHead{TenantID: tenantID}
	if _, err = tx.ExecContext(ctx, "INSERT INTO audit_heads (tenant_id, seq, mac) VALUES (?,0,?)"+s.dialect.keepAuditHead, tenantID, orNil(s.auditMac(h.MacBy))); err != nil {
		return h, err
	}
	h, _, err = s.auditHeadIn(ctx, tx, tenantID) // another may have been quicker
	return h, err
}

func (s *Store) auditHeadIn(ctx context.Context, tx gorm.ConnPool, tenantID string) (h models.AuditHead, found bool, err error) {
	rows, err := tx.QueryContext(ctx, auditHeadSelect+" WHERE tenant_id = ?"+s.dialect.forUpdate, tenantID)
	if err != nil {
		return h, false, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	if found = rows.Next(); found {
		err = scanAuditHead(rows, &h)
	}
	if err == nil {
		err = rows.Err()
	}
	return h, found, err
}

func (s *Store) keepAuditHead(ctx context.Context, tx gorm.ConnPool, h models.AuditHead) error {
	_, err := tx.ExecContext(ctx, "UPDATE audit_heads SET seq = ?, hash = ?, older_cut = ?, cut_seq = ?, cut_hash = ?, suspect = ?, mac = ? WHERE tenant_id = ?",
		h.Seq, orNil(h.Hash), h.OlderCut, h.Cut, orNil(h.CutHash), h.Suspect, orNil(s.auditMac(h.MacBy)), h.TenantID)
	return err
}

func auditKeysOf(o Options) (keys [][]byte) {
	for _, key := range []string{o.AuditKey, o.AuditKeyFormer} {
		if key != "" {
			keys = append(keys, []byte(key))
		}
	}
	return keys
}

// auditMac is a code under the first key; nil without one.
func (s *Store) auditMac(by func(key []byte) []byte) []byte {
	if len(s.auditKeys) == 0 {
		return nil
	}
	return by(s.auditKeys[0])
}

// vouched says whether a code was made under any of the keys; without a key nobody can tell.
func (s *Store) vouched(mac []byte, by func(key []byte) []byte) bool {
	for _, key := range s.auditKeys {
		if hmac.Equal(mac, by(key)) {
			return true
		}
	}
	return len(s.auditKeys) == 0
}

const auditAdopted = "audit_adopted" // in meta: entries older than the chains were counted

// adoptAudit begins, once, the chain of the installation and those of all tenants that have
// entries from before there were chains: how many those are and a hash over them stand in the head.
func (s *Store) adoptAudit(ctx context.Context) error {
	if _, err := s.Meta(ctx, auditAdopted); err == nil {
		return nil
	}
	tenants, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) }, "SELECT DISTINCT tenant_id FROM audit_entries WHERE chain_seq IS NULL AND tenant_id <> ''")
	if err != nil {
		return s.fault(err)
	}
	for _, id := range append(tenants, "") {
		h := models.AuditHead{TenantID: id}
		if h.Older, h.OlderHash, err = s.olderAudit(ctx, id); err != nil {
			return err
		}
		err := s.write(ctx, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO audit_heads (tenant_id, seq, older, older_hash, mac) VALUES (?,0,?,?,?)"+s.dialect.keepAuditHead,
				id, h.Older, orNil(h.OlderHash), orNil(s.auditMac(h.MacBy))).Error
		})
		if err != nil {
			return err
		}
	}
	_, err = s.MetaOnce(ctx, auditAdopted, func() []byte { return []byte("1") })
	return err
}

// olderAudit counts the entries of a tenant that are in no chain, and hashes them in the order of their ids.
func (s *Store) olderAudit(ctx context.Context, tenantID string) (n int64, hash []byte, err error) {
	for after, whole := "", sha256.New(); ; {
		page, err := scanAll(s.read(ctx), scanAudit, auditSelect+" WHERE tenant_id = ? AND chain_seq IS NULL AND id > ? ORDER BY id LIMIT ?", tenantID, after, auditPage)
		if err != nil {
			return n, nil, s.fault(err)
		}
		for i := range page {
			_, _ = whole.Write(page[i].HashAfter(nil)) // never fails
		}
		n += int64(len(page))
		if len(page) < auditPage {
			if n == 0 {
				return 0, nil, nil
			}
			return n, whole.Sum(nil), nil
		}
		after = page[len(page)-1].ID
	}
}
