package models

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// AuditEntry says who did what to which entity, and from where. Entries are only ever added,
// each to the chain of its tenant: its hash is over all it says and the hash before it.
type AuditEntry struct {
	ID        string
	TenantID  string // empty: the installation
	Actor     string // key:<id>, user:<id>, account:<id>, system
	Action    string // such as apikey.revoke
	Object    string // id of the entity
	Address   string
	UserAgent string // what the client calls itself, cut to 512 bytes
	RequestID string
	Door      string // by which it came, such as console or rest; empty: none of them
	At        int64
	Detail    []byte // JSON object, without secrets; nil: none
	Seq       int64  // place in its chain: 1, 2, 3 …; 0: it is older than the chain
	Hash      []byte // SHA-256; nil: it is older than the chain
}

// HashAfter is the hash that the entry has behind the one with the hash given; nil: the first of its chain.
// It is over the lengths and bytes of all fields, so that no two entries read alike.
func (e *AuditEntry) HashAfter(former []byte) []byte {
	return sum(sha256.Sum256(joined("tidemark audit entry 1", []byte(e.TenantID), number(e.Seq), former, []byte(e.ID), []byte(e.Actor), []byte(e.Action),
		[]byte(e.Object), []byte(e.Address), []byte(e.UserAgent), []byte(e.RequestID), []byte(e.Door), number(e.At), e.Detail)))
}

// AuditHead is the end of a chain, and what must be known of its beginning.
type AuditHead struct {
	TenantID  string
	Seq       int64  // of the last entry; 0: the chain is empty
	Hash      []byte // of the last entry
	Older     int64  // entries that are older than the chain
	OlderHash []byte // over those; nil: there are none
	OlderCut  int64  // 1: retention takes those away
	Cut       int64  // entries up to here were taken away by retention
	CutHash   []byte // of the last one of those
	Suspect   int64  // 0, or the first entry that was added behind a head which nobody with the secret had made
	Mac       []byte
}

// MacBy is the head's authentication code under a key.
func (h *AuditHead) MacBy(key []byte) []byte {
	return mac(key, joined("tidemark audit head 1", []byte(h.TenantID), number(h.Seq), h.Hash, number(h.Older), h.OlderHash, number(h.OlderCut),
		number(h.Cut), h.CutHash, number(h.Suspect)))
}

// AuditCut says which entries retention took off the beginning of a chain.
type AuditCut struct {
	TenantID string
	From     int64 // the first of them
	UpTo     int64 // the last of them; 0: those older than the chain
	Entries  int64
	Hash     []byte // of the last one
	At       int64
	Mac      []byte
}

// MacBy is the cut's authentication code under a key.
func (c *AuditCut) MacBy(key []byte) []byte {
	return mac(key, joined("tidemark audit cut 1", []byte(c.TenantID), number(c.From), number(c.UpTo), number(c.Entries), c.Hash, number(c.At)))
}

func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(text) // never fails
	return h.Sum(nil)
}

// joined writes each part behind its length.
func joined(kind string, parts ...[]byte) []byte {
	n := 8 + len(kind)
	for _, p := range parts {
		n += 8 + len(p)
	}
	out := append(binary.BigEndian.AppendUint64(make([]byte, 0, n), uint64(len(kind))), kind...)
	for _, p := range parts {
		out = append(binary.BigEndian.AppendUint64(out, uint64(len(p))), p...)
	}
	return out
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func sum(s [sha256.Size]byte) []byte { return s[:] }
