package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"tidemark/client"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// ledger is what the lab has seen of a run: everything that was sent, and everything the server kept of it,
// also of what compaction has taken since.
type ledger struct {
	sent      map[string]sent // by operation
	changes   map[int64]models.Change
	conflicts map[string]models.Conflict
	told      map[string]string // operations whose conflict a replica told, and which replica
	shown     map[string]int64  // by token: the version that the app was shown when it wrote it
	seen      int64             // of the log
	sum       int               // that was counted
	months    int               // that passed: what was sent before and is not answered may then count twice
}

// counted notes that one was added to the sum.
func (l *ledger) counted(err error) error {
	if err == nil {
		l.sum++
	}
	return err
}

// summed fails where something that was counted is not in the sum, or is there twice.
func (w *world) summed() error {
	i, err := w.replicas[0].Get(w.ctx, sumKey)
	if w.sum == 0 {
		return nil
	}
	var v struct{ N int }
	if err == nil {
		err = i.Into(&v)
	}
	if err == nil && (v.N < w.sum || v.N > w.sum && w.months == 0) {
		err = fmt.Errorf("the sum of %d is %d", w.sum, v.N)
	}
	return err
}

// sent is an operation that a push has held.
type sent struct {
	by string
	protocol.Op
}

func newLedger() ledger {
	return ledger{sent: map[string]sent{}, changes: map[int64]models.Change{}, conflicts: map[string]models.Conflict{}, told: map[string]string{}, shown: map[string]int64{}}
}

func (w *world) noteSent(r *replica, body []byte) {
	push, err := protocol.DecodePush(body, 0)
	if err != nil {
		w.tell("   %s pushed what is none: %v", r.name, err)
		return
	}
	for _, e := range push.Events {
		w.sent[e.Op.OpID] = sent{r.name, e.Op}
	}
}

func (w *world) noteConflicts(r *replica, list []client.Conflict) {
	for _, c := range list {
		w.told[c.OpID] = r.name
	}
}

// look reads what the server has kept since the last time.
func (w *world) look() error {
	r, err := w.server.do(order{Do: "dump", Tenant: w.tenant, After: w.seen})
	if err != nil {
		return err
	}
	for _, c := range r.Changes {
		w.changes[c.Seq] = c
		w.seen = max(w.seen, c.Seq)
	}
	for _, c := range r.Conflicts {
		w.conflicts[c.ID] = c
	}
	return nil
}

// shown is an item as the server and the replicas are compared.
type shown struct {
	Key      string          `json:"key"`
	Value    json.RawMessage `json:"value"`
	Metadata json.RawMessage `json:"metadata"`
	Version  int64           `json:"version"`
	Tags     []string        `json:"tags"`
	Priority int64           `json:"priority"`
}

// standing is what the server has.
func (w *world) standing() (string, error) {
	h := http.Header{"X-Api-Key": {w.key}, "X-User-Id": {"ada"}}
	a, err := w.deliver(letter{method: http.MethodGet, path: "/api/v1/sync-storage/items?limit=1000", header: h})
	if err != nil {
		return "", err
	}
	var page struct{ Items []shown }
	if err := json.Unmarshal(a.body, &page); err != nil || a.status != http.StatusOK {
		return "", fmt.Errorf("the items: %d %w", a.status, err)
	}
	return lines(page.Items), nil
}

func lines(items []shown) string {
	var b strings.Builder
	for _, i := range items {
		fmt.Fprintf(&b, "%s\n", encoded(i))
	}
	return b.String()
}

// holds is what a replica shows, and whether changes wait in it.
func (r *replica) holds() (string, bool, error) {
	items, err := r.List(r.w.ctx, client.Page{})
	if err != nil {
		return "", false, err
	}
	var out []shown
	for _, i := range items {
		s := shown{Key: i.Key, Value: i.Value, Metadata: i.Metadata, Version: i.Version, Tags: i.Tags, Priority: i.Priority}
		if s.Tags == nil {
			s.Tags = []string{}
		}
		out = append(out, s)
	}
	ops, err := r.Pending(r.w.ctx)
	return lines(out), len(ops) > 0, err
}

// equal fails where a replica that waits for nothing shows something else than the server has.
func (w *world) equal(r *replica) error {
	want, err := w.standing()
	if err != nil {
		return err
	}
	got, waiting, err := r.holds()
	if err != nil || waiting || got == want {
		return err
	}
	return fmt.Errorf("%s is not equal to the server. It has\n%sand the server\n%s", r.name, got, want)
}

// sight is what a replica has at a moment: the versions of its items, and what waits, by operation.
type sight struct {
	versions map[string]int64
	waiting  map[string]string // and its key
}

func (r *replica) look(s *sight) error {
	*s = sight{map[string]int64{}, map[string]string{}}
	items, err := r.List(r.w.ctx, client.Page{})
	if err != nil {
		return err
	}
	for _, i := range items {
		if !i.Pending {
			s.versions[i.Key] = i.Version
		}
	}
	ops, err := r.Pending(r.w.ctx)
	for _, o := range ops {
		s.waiting[o.ID] = o.Key
	}
	return err
}

// expect adds what waits of a key, which was just written, to what must not be lost.
func (r *replica) expect(key string) error {
	var now sight
	if err := r.look(&now); err != nil {
		return err
	}
	keep := func(_, k string) bool { return k == key }
	maps.DeleteFunc(r.was.waiting, keep)
	maps.DeleteFunc(now.waiting, func(id, k string) bool { return !keep(id, k) })
	maps.Copy(r.was.waiting, now.waiting)
	return nil
}

// forward fails where a sync took a replica back: to an older version of an item, or to an outbox that has
// lost what nobody has sent.
func (r *replica) forward() error {
	var is sight
	if err := r.look(&is); err != nil {
		return err
	}
	for key, version := range r.was.versions {
		if now, there := is.versions[key]; there && now < version {
			return fmt.Errorf("%s had %s at version %d, and then at %d", r.name, key, version, now)
		}
	}
	for id, key := range r.was.waiting {
		_, went := r.w.sent[id]
		if _, waits := is.waiting[id]; !waits && !went {
			return fmt.Errorf("%s has lost a change of %s that nobody has sent", r.name, key)
		}
	}
	return nil
}

// check says what does not hold at the end of a run.
func (w *world) check() error {
	if err := w.look(); err != nil {
		return err
	}
	var wrong []error
	refused := map[string]bool{}
	for _, r := range w.replicas {
		if _, waiting, err := r.holds(); err != nil || waiting {
			wrong = append(wrong, fmt.Errorf("%s does not come to an end: %w", r.name, err))
		}
		wrong = append(wrong, w.equal(r))
		list, err := r.Conflicts(w.ctx)
		w.noteConflicts(r, list)
		wrong = append(wrong, err)
		ops, err := r.Refused(w.ctx)
		for _, o := range ops {
			refused[o.ID] = true
			if o.Code != string(fault.NotFound) {
				wrong = append(wrong, fmt.Errorf("%s: %s was refused: %s %s", r.name, o.Key, o.Code, o.Message))
			}
		}
		wrong = append(wrong, err)
	}
	wrong = append(wrong, w.accounted(refused), w.explained(), w.summed())
	return errors.Join(wrong...)
}

// accounted fails where something that was sent is nowhere to be found: neither in the log nor in a conflict,
// nor with the replica that sent it.
func (w *world) accounted(refused map[string]bool) error {
	var wrong []error
	kept := map[string][]string{}
	for _, c := range w.changes {
		kept[c.OpID] = append(kept[c.OpID], string(c.Value))
	}
	disputed := map[string]bool{}
	for _, c := range w.conflicts {
		kept[c.OpID] = append(kept[c.OpID], string(c.IncomingValue))
		disputed[c.OpID] = true
	}
	for id, o := range w.sent {
		values, found := kept[id]
		switch {
		case !found && (refused[id] || o.Kind == protocol.Remove): // of what was gone already nothing is kept
		case !found:
			wrong = append(wrong, fmt.Errorf("%s sent %s of %s %s, and it is nowhere", o.by, o.Kind, o.Key, o.Value))
		case o.Kind == protocol.Set && !contains(values, string(o.Value)):
			wrong = append(wrong, fmt.Errorf("%s sent %s %s, and what is kept of it is %v", o.by, o.Key, o.Value, values))
		}
	}
	for id, by := range w.told {
		if !disputed[id] {
			wrong = append(wrong, fmt.Errorf("%s tells of a conflict of %s %s, and the server has none", by, w.sent[id].Key, w.sent[id].Value))
		}
	}
	return errors.Join(wrong...)
}

func contains(values []string, value string) bool {
	for _, v := range values {
		if v == value {
			return true
		}
	}
	return false
}

// explained fails where a write stands over another that its device had not seen, and no conflict tells of it:
// a value was lost in silence, or a removal undone.
func (w *world) explained() error {
	var wrong []error
	results := map[int64]bool{}
	for _, c := range w.conflicts {
		results[c.ResultSeq] = true
	}
	histories := w.histories()
	for id := range w.sent {
		o := w.sent[id]
		wrong = append(wrong, w.seenBy(&o, histories[o.Key], results))
	}
	for _, history := range histories {
		for i, c := range history {
			switch {
			case !c.ClientOp || results[c.Seq]:
			case c.Base == 0 && (i == 0 || history[i-1].Op == models.ChangeRemove):
			case c.Base == 0:
				wrong = append(wrong, fmt.Errorf("%s version %d was made new over version %d", c.Key, c.Version, history[i-1].Version))
			default:
				wrong = append(wrong, ownRun(history, i, results))
			}
		}
	}
	return errors.Join(wrong...)
}

// ownRun fails where another wrote between a write's base and the write.
func ownRun(history []models.Change, i int, results map[int64]bool) error {
	c := &history[i]
	if other := unseen(history[:i], c.Base, c.Version, c.Instance, results); other != nil {
		return fmt.Errorf("%s version %d of %s was made over %d, and %s wrote %d in between: no conflict tells of it", c.Key, c.Version, c.Instance, c.Base, other.Instance, other.Version)
	}
	return nil
}

var tokens = regexp.MustCompile(`(r\d)\.(\d+)`)

// seenBy fails where a write says that it was made over what its app had not been shown.
func (w *world) seenBy(o *sent, history []models.Change, results map[int64]bool) error {
	newest, number := "", -1
	for _, m := range tokens.FindAllStringSubmatch(string(o.Value), -1) {
		if n, err := strconv.Atoi(m[2]); err == nil && m[1] == o.by && n > number {
			newest, number = m[0], n
		}
	}
	version, known := w.shown[newest]
	if !known { // a removal
		return nil
	}
	if other := unseen(history, version, *o.Base+1, o.by, results); other != nil {
		return fmt.Errorf("%s wrote %s of %s when it was shown version %d, and says that it was made over %d", o.by, newest, o.Key, version, *o.Base)
	}
	return nil
}

// unseen is what another wrote above a version and below another, unless a write of the instance over such a
// base has stood in a conflict since: from there the device goes on.
func unseen(history []models.Change, above, below int64, instance string, results map[int64]bool) (other *models.Change) {
	for n := range history {
		switch c := &history[n]; {
		case c.Version <= above || c.Version >= below:
		case above == 0 && c.Op == models.ChangeRemove: // it was shown that there is none
			other = nil
		case c.Instance != instance:
			other = c
		case results[c.Seq] && c.Base <= above:
			other = nil
		}
	}
	return other
}

// histories are the changes of each key, oldest first.
func (w *world) histories() map[string][]models.Change {
	out := map[string][]models.Change{}
	for _, c := range w.changes {
		out[c.Key] = append(out[c.Key], c)
	}
	for _, h := range out {
		sort.Slice(h, func(i, j int) bool { return h[i].Seq < h[j].Seq })
	}
	return out
}
