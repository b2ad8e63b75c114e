package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Formats of an export of the audit.
const (
	AuditCSV   = "csv"
	AuditJSONL = "jsonl" // can be verified without the database
)

const (
	auditExportMost = 1_000_000 // entries of one export
	auditLineMost   = 1 << 20   // bytes of a line that is read
)

// AuditExport says which part of the audit is wanted.
type AuditExport struct {
	Chains []string // tenants; empty ids are the installation
	From   int64    // ms; 0: from the beginning
	To     int64    // ms, not included; 0: to the end
	Format string
}

// AuditLine is an entry as a line of JSON.
type AuditLine struct {
	Seq       int64           `json:"seq"` // 0: older than the chain
	Hash      string          `json:"hash,omitempty"`
	ID        string          `json:"id"`
	TenantID  string          `json:"tenantId"`
	Time      string          `json:"time"`
	At        int64           `json:"at"`
	Actor     string          `json:"actor"`
	Action    string          `json:"action"`
	Object    string          `json:"object"`
	Address   string          `json:"address"`
	UserAgent string          `json:"userAgent"`
	RequestID string          `json:"requestId"`
	Door      string          `json:"door"`
	Detail    json.RawMessage `json:"detail,omitempty"`
}

// auditFrame is the line before a stretch, or the one behind it.
type auditFrame struct {
	Begin *auditMark `json:"begin,omitempty"`
	End   *auditMark `json:"end,omitempty"`
}

type auditMark struct {
	TenantID string `json:"tenantId"`
	Seq      int64  `json:"seq"`
	Hash     string `json:"hash,omitempty"`
	Entries  int64  `json:"entries,omitempty"` // of the chain, between the two
	At       int64  `json:"at"`
}

// AuditLineOf is an entry as an export has it.
func AuditLineOf(e *models.AuditEntry) AuditLine {
	detail := json.RawMessage(e.Detail)
	if len(detail) > 0 && !json.Valid(detail) { // of an entry older than the chain
		detail, _ = json.Marshal(string(detail)) // texts always encode
	}
	return AuditLine{
		Seq: e.Seq, Hash: hex.EncodeToString(e.Hash), ID: e.ID, TenantID: e.TenantID, Time: time.UnixMilli(e.At).UTC().Format(time.RFC3339Nano), At: e.At, Actor: e.Actor, Action: e.Action,
		Object: e.Object, Address: e.Address, UserAgent: e.UserAgent, RequestID: e.RequestID, Door: e.Door, Detail: detail,
	}
}

func (l *AuditLine) entry() (models.AuditEntry, error) {
	hash, err := hex.DecodeString(l.Hash)
	return models.AuditEntry{
		ID: l.ID, TenantID: l.TenantID, Actor: l.Actor, Action: l.Action, Object: l.Object, Address: l.Address, UserAgent: l.UserAgent, RequestID: l.RequestID,
		Door: l.Door, At: l.At, Detail: l.Detail, Seq: l.Seq, Hash: hash,
	}, err
}

var errExportFull = errors.New("the export is as long as one may be")

// ExportAudit writes a part of the audit in little memory, at most a million entries, and says how many.
// `invalid` names a format that there is not, or says that there are more.
func ExportAudit(ctx context.Context, s *store.Store, c clock.Clock, w io.Writer, q AuditExport) (n int64, err error) {
	var out auditWriter
	switch q.Format {
	case AuditCSV:
		out = newAuditTable(w)
	case AuditJSONL:
		out = newAuditLines(w, clock.Millis(c))
	default:
		return 0, fault.OfField("format", "known", "must be csv or jsonl")
	}
	for _, id := range q.Chains {
		st, err := s.FindAuditStretch(ctx, id, q.From, q.To)
		if err == nil {
			err = out.begin(&st)
		}
		if err == nil {
			err = s.WalkAudit(ctx, st, q.To, func(e *models.AuditEntry) error {
				if n++; n > auditExportMost {
					return errExportFull
				}
				return out.add(e)
			})
		}
		if err == nil {
			err = out.end()
		}
		if errors.Is(err, errExportFull) {
			return n, fault.OfField("from", "max", "must be later: there are more than %d entries", auditExportMost)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

type auditWriter interface {
	begin(*store.AuditStretch) error
	add(*models.AuditEntry) error
	end() error
}

type auditTable struct{ w *csv.Writer }

func newAuditTable(w io.Writer) *auditTable {
	t := &auditTable{csv.NewWriter(w)}
	_ = t.w.Write([]string{"time", "tenant_id", "seq", "actor", "action", "object", "address", "user_agent", "request_id", "door", "detail", "id", "hash"}) // Flush tells
	return t
}

func (t *auditTable) begin(*store.AuditStretch) error { return nil }

func (t *auditTable) add(e *models.AuditEntry) error {
	l := AuditLineOf(e)
	row := []string{l.Time, l.TenantID, strconv.FormatInt(l.Seq, 10), l.Actor, l.Action, l.Object, l.Address, l.UserAgent, l.RequestID, l.Door, string(l.Detail), l.ID, l.Hash}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return t.w.Write(row)
}

func (t *auditTable) end() error {
	t.w.Flush()
	return t.w.Error()
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

type auditLines struct {
	enc  *json.Encoder
	at   int64
	mark auditMark
}

func newAuditLines(w io.Writer, at int64) *auditLines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // the details stay byte by byte as they are
	return &auditLines{enc: enc, at: at}
}

func (t *auditLines) begin(st *store.AuditStretch) error {
	t.mark = auditMark{TenantID: st.TenantID, Seq: st.After, Hash: hex.EncodeToString(st.Hash), At: t.at}
	begin := t.mark
	return t.enc.Encode(auditFrame{Begin: &begin})
}

func (t *auditLines) add(e *models.AuditEntry) error {
	if e.Seq > 0 {
		t.mark.Seq, t.mark.Hash, t.mark.Entries = e.Seq, hex.EncodeToString(e.Hash), t.mark.Entries+1
	}
	return t.enc.Encode(AuditLineOf(e))
}

func (t *auditLines) end() error { return t.enc.Encode(auditFrame{End: &t.mark}) }

// AuditFile is what came of verifying one stretch of an export.
type AuditFile struct {
	TenantID string               `json:"tenantId"`
	From     int64                `json:"from"` // the first entry
	UpTo     int64                `json:"upTo"`
	Hash     string               `json:"hash"`    // of the last one
	Entries  int64                `json:"entries"` // of the chain
	Older    int64                `json:"older"`   // from before the chain, of which nothing can be said
	Problems []store.AuditProblem `json:"problems"`
}

// VerifyAuditFile verifies an export in JSON Lines without the database: that nothing within each of its
// stretches was changed, removed, added or moved. Whether a stretch is Tidemark's own only the database tells.
func VerifyAuditFile(r io.Reader) ([]AuditFile, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), auditLineMost)
	var all []AuditFile
	var f *auditFileWalk
	for n := 1; lines.Scan(); n++ {
		var frame auditFrame
		var line AuditLine
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		if err := errors.Join(json.Unmarshal(text, &frame), json.Unmarshal(text, &line)); err != nil {
			return nil, fault.New(fault.Invalid, "line %d is not one of an export in JSON Lines", n)
		}
		switch {
		case frame.Begin != nil:
			if f != nil {
				all = append(all, f.close(nil))
			}
			f = newAuditFileWalk(frame.Begin)
		case f == nil:
			return nil, fault.New(fault.Invalid, "the file does not begin as an export in JSON Lines does")
		case frame.End != nil:
			all, f = append(all, f.close(frame.End)), nil
		default:
			f.add(&line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	if f != nil {
		all = append(all, f.close(nil))
	}
	if all == nil {
		return nil, fault.New(fault.Invalid, "there is no export in the file")
	}
	return all, nil
}

type auditFileWalk struct {
	out  AuditFile
	link store.AuditLinks
}

func newAuditFileWalk(b *auditMark) *auditFileWalk {
	f := &auditFileWalk{out: AuditFile{TenantID: b.TenantID, From: b.Seq + 1, Problems: []store.AuditProblem{}}}
	hash, _ := hex.DecodeString(b.Hash) // a damaged one fits nothing
	if len(hash) > 0 {
		f.link.Hash = hash
	}
	f.link.TenantID, f.link.Seq = b.TenantID, b.Seq
	return f
}

func (f *auditFileWalk) add(l *AuditLine) {
	e, err := l.entry()
	switch {
	case err != nil || e.TenantID != f.out.TenantID:
		f.note(store.AuditInserted, e.Seq, e.ID, "entry %d is not one of this chain", e.Seq)
	case e.Seq == 0:
		f.out.Older++
	default:
		f.link.Add(&e)
	}
}

func (f *auditFileWalk) note(kind string, seq int64, id, format string, args ...any) {
	f.out.Problems = append(f.out.Problems, store.AuditProblem{Kind: kind, Seq: seq, ID: id, Text: fmt.Sprintf(format, args...)})
}

func (f *auditFileWalk) close(end *auditMark) AuditFile {
	f.out.Problems = append(f.out.Problems, f.link.Problems()...)
	f.out.UpTo, f.out.Hash, f.out.Entries = f.link.Seq, hex.EncodeToString(f.link.Hash), f.link.Walked
	switch {
	case end == nil:
		f.note(store.AuditRemoved, f.link.Seq+1, "", "the end of the export is missing")
	case end.Seq != f.link.Seq || end.Hash != f.out.Hash || end.Entries != f.link.Walked:
		f.note(store.AuditRemoved, f.link.Seq, "", "the export ends at entry %d and not at %d, as it says", f.link.Seq, end.Seq)
	}
	return f.out
}

// AuditExportDetail is what the audit says of an export of itself.
func AuditExportDetail(q AuditExport) []byte {
	b, _ := json.Marshal(map[string]any{"format": q.Format, "from": q.From, "to": q.To}) // plain values always encode
	return b
}
