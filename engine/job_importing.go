package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// importing is an import under way.
type importing struct {
	r    *jobRun
	in   Import
	st   ImportState
	file *lineReader

	seen map[[16]byte]bool // while checking: items that the file has already, the first of them
}

const importSeen = 1 << 20 // items in it

func (e *Engine) runImport(ctx context.Context, r *jobRun) error {
	m := &importing{r: r}
	if err := json.Unmarshal(r.job.Input, &m.in); err != nil {
		return err
	}
	if err := json.Unmarshal(r.job.State, &m.st); err != nil {
		return err
	}
	if m.st.Stage == StageReady {
		return errJobHeld // the node before this one could not keep that it waits
	}
	m.file = &lineReader{most: int(2*e.limits.MaxItemBytes) + 64<<10, load: func(n int64) (body []byte, err error) {
		err = e.insist(ctx, func() error {
			body, err = e.store.JobPart(ctx, r.job.TenantID, r.job.ID, n)
			return err
		})
		return body, err
	}}
	m.file.goTo(spot{m.st.Part, m.st.At, m.st.Lines})
	for ended := false; !ended; {
		batch, err := m.read()
		if err == nil {
			ended, err = len(batch) == 0, m.settle(ctx, batch)
		}
		if err != nil {
			return err
		}
		at := m.file.spot
		m.st.Part, m.st.At, m.st.Lines = at.part, at.at, at.line
		r.job.Done = m.st.Lines
		if ended && m.st.Stage == StageCheck {
			m.st = ImportState{Stage: StageReady, Lines: m.st.Lines, New: m.st.New, Existing: m.st.Existing, Newer: m.st.Newer, Invalid: m.st.Invalid}
		}
		if err := r.reached(ctx, m.st); err != nil {
			return err
		}
	}
	if m.st.Stage == StageReady {
		return errJobHeld
	}
	return nil
}

// importLine is a line of the file that says what it should.
type importLine struct {
	n     int64
	owner string
	op    protocol.Op
}

func (l *importLine) key() store.ItemKey {
	return store.ItemKey{Owner: l.owner, Collection: l.op.Collection, Key: l.op.Key}
}

// read takes lines for one round: not two of the same item. None means the file has ended.
func (m *importing) read() ([]importLine, error) {
	var batch []importLine
	seen := map[store.ItemKey]bool{}
	for bytes := 0; len(batch) < jobUnit && bytes < jobBytes; {
		before := m.file.spot
		text, more, err := m.file.next()
		if err != nil || !more {
			return batch, err
		}
		if len(text) == 0 {
			continue
		}
		line, err := m.decode(text)
		if err != nil {
			m.invalid(m.file.line, line, err)
			continue
		}
		if seen[line.key()] {
			m.file.goTo(before)
			return batch, nil
		}
		seen[line.key()] = true
		batch, bytes = append(batch, line), bytes+len(text)
	}
	return batch, nil
}

// decode reads a line: the data of a sync:set, with the user it is of.
func (m *importing) decode(text []byte) (importLine, error) {
	line := importLine{n: m.file.line, owner: m.in.Owner}
	if m.file.tooLong {
		return line, fault.New(fault.ItemTooLarge, "The line is longer than an item may be.")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return line, fault.New(fault.Malformed, "The line is not a JSON object with a key and a value.")
	}
	_ = json.Unmarshal(fields["key"], &line.op.Key) // for the report alone; the decoder below checks it
	if raw, ok := fields["owner"]; ok && json.Unmarshal(raw, &line.owner) != nil {
		return line, fault.OfField("owner", "type", "must be text.")
	}
	if line.owner == "" {
		return line, fault.New(fault.Invalid, "The line names no owner, and none was given for lines without one.")
	}
	if err := protocol.CheckOwner(line.owner); err != nil {
		return line, err
	}
	op, err := protocol.DecodeSet(without(fields, "owner"))
	if err != nil {
		return line, err
	}
	if size := int64(len(op.Value) + len(op.Metadata)); size > m.r.e.limits.MaxItemBytes {
		return line, m.r.e.tooLarge(size)
	}
	op.Base, op.OpID, op.Tx = nil, "", ""
	line.op = op
	return line, nil
}

// without is an object again, but for one field, each value as it was written.
func without(fields map[string]json.RawMessage, name string) []byte {
	out := []byte{'{'}
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if k == name {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(protocol.AppendString(out, k), ':')
		out = append(out, fields[k]...)
	}
	return append(out, '}')
}

// invalid notes a line that cannot be written.
func (m *importing) invalid(n int64, line importLine, err error) {
	m.st.Invalid++
	m.r.refuse(models.JobError{Place: fmt.Sprintf("line %d", n), Owner: cutTo(line.owner, protocol.MaxOwner), Key: cutTo(line.op.Key, protocol.MaxKey), Reason: reasonOf(err)})
}

// cutTo is what a column of so many bytes has room for.
func cutTo(s string, most int) string { return s[:min(len(s), most)] }

// reasonOf says what was wrong, field by field.
func reasonOf(err error) string {
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return f.Message
	}
	parts := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		parts[i] = field.Path + " " + field.Message + "."
	}
	return strings.Join(parts, " ")
}

// settle counts, or writes, some lines.
func (m *importing) settle(ctx context.Context, batch []importLine) error {
	if len(batch) == 0 {
		return nil
	}
	return m.r.e.insist(ctx, func() error {
		keys := make([]store.ItemKey, len(batch))
		for i := range batch {
			keys[i] = batch[i].key()
		}
		stand, err := m.r.e.store.ItemStates(ctx, m.r.job.TenantID, keys)
		if err != nil {
			return err
		}
		if m.st.Stage == StageCheck {
			m.count(batch, stand)
			return nil
		}
		return m.write(ctx, batch, stand)
	})
}

func (m *importing) count(batch []importLine, stand map[store.ItemKey]models.Item) {
	now := clock.Millis(m.r.e.clock)
	for _, line := range batch {
		it, ok := stand[line.key()]
		switch {
		case (!ok || it.Deleted || it.Expired(now)) && !m.again(line.key()):
			m.st.New++
		case newer(line, it):
			m.st.Newer++
			m.st.Existing++
		default:
			m.st.Existing++
		}
	}
}

// again says whether the file has the item a second time.
func (m *importing) again(k store.ItemKey) bool {
	sum := sha256.Sum256([]byte(k.Owner + "\x00" + k.Collection + "\x00" + k.Key))
	short := [16]byte(sum[:16])
	if m.seen[short] {
		return true
	}
	if m.seen == nil {
		m.seen = map[[16]byte]bool{}
	}
	if len(m.seen) < importSeen {
		m.seen[short] = true
	}
	return false
}

func newer(line importLine, it models.Item) bool {
	return line.op.Timestamp != nil && *line.op.Timestamp > it.Timestamp
}

// write writes the lines that the policy lets stand. An operation's id is that of its
// line, so that one that is written again, after a restart, has its effect once.
func (m *importing) write(ctx context.Context, batch []importLine, stand map[store.ItemKey]models.Item) error {
	var writes []ownedOp
	var of []importLine
	fresh, skipped := map[int64]bool{}, int64(0)
	now := clock.Millis(m.r.e.clock)
	for _, line := range batch {
		it, ok := stand[line.key()]
		exists := ok && !it.Deleted && !it.Expired(now)
		if exists && (m.in.Policy == ImportSkip || m.in.Policy == ImportNewer && !newer(line, it)) {
			skipped++
			continue
		}
		base := int64(0)
		if ok && !it.Expired(now) {
			base = it.Version
		}
		op := line.op
		op.Base, op.OpID, fresh[line.n] = &base, fmt.Sprintf("%s:%d", m.r.job.ID, line.n), !exists
		writes, of = append(writes, ownedOp{line.owner, op}), append(of, line)
	}
	results, err := m.r.writeOwned(ctx, m.in.Address, writes)
	if err != nil {
		return err
	}
	m.st.Skipped += skipped
	for i, res := range results {
		m.wrote(of[i], res, fresh[of[i].n])
	}
	return nil
}

// wrote notes what became of a line.
func (m *importing) wrote(line importLine, res protocol.Result, fresh bool) {
	switch {
	case res.Err != nil && !fault.Is(res.Err, fault.VersionConflict):
		m.invalid(line.n, line, res.Err)
	case res.Err != nil || res.Status == protocol.Conflict:
		m.invalid(line.n, line, fault.New(fault.VersionConflict, "The item was changed while this line was written; what was written then stands."))
	case fresh:
		m.st.New++
	default:
		m.st.Existing++
	}
}
