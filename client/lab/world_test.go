package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"tidemark/client"
	"tidemark/client/internal/plant"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is one run: everything in it follows from its seed.
type world struct {
	ctx     context.Context
	dir     string
	server  *server
	wire    *http.Transport
	draw    *rand.Rand
	rules   rules
	tenant  string
	key     string
	now     time.Time
	plant   plant.Faults
	trouble bool // networks and replicas fail
	tokens  int

	replicas []*replica
	late     []letter
	trace    []string
	ledger
}

// replica is a device in a world.
type replica struct {
	*client.Client
	w     *world
	name  string
	clock *clock.Manual
	net   *network

	was sight // when the last sync began, with what was written since
}

const sumKey = "sum" // of an item that is only counted with

const (
	steps   = 120
	keys    = 5
	members = 4
)

var strategies = []rules{
	{},
	{Strategy: models.StrategyLWW},
	{Strategy: models.StrategyFWW},
	{Strategy: models.StrategyMerge},
	{Strategy: models.StrategyMerge, Fallback: models.StrategyLWW},
	{Strategy: models.StrategyMerge, Fallback: models.StrategyLWW, Counter: true},
}

func newWorld(ctx context.Context, dir string, s *server, seed uint64, faults plant.Faults) (*world, error) {
	w := &world{
		ctx: ctx, dir: dir, server: s, wire: &http.Transport{DisableKeepAlives: true}, draw: rand.New(rand.NewPCG(seed, 0x7469646d61726b)), now: time.UnixMilli(s.Now).UTC(),
		plant: faults, ledger: newLedger(),
	}
	w.rules = strategies[w.chance(len(strategies))]
	r, err := s.do(order{Do: "tenant", Rules: w.rules})
	if err != nil {
		return nil, err
	}
	w.tenant, w.key = r.Tenant, r.Key
	w.tell("seed %d: %+v", seed, w.rules)
	for i := range 3 + w.chance(3) {
		skew := time.Duration(w.chance(7201)-3600) * time.Second
		p := &replica{w: w, name: fmt.Sprint("r", i), clock: clock.At(w.now.Add(skew))}
		p.net = &network{w: w, r: p}
		w.tell("%s: clock wrong by %s", p.name, skew)
		if err := p.open(); err != nil {
			return nil, err
		}
		if err := p.look(&p.was); err != nil {
			return nil, err
		}
		w.replicas = append(w.replicas, p)
	}
	w.trouble = true
	return w, nil
}

func (w *world) chance(n int) int { return w.draw.IntN(n) }

func (w *world) tell(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

var errCrash = errors.New("the device lost its power")

// open opens a replica, which may crash from then on.
func (r *replica) open() (err error) {
	faults := r.w.plant
	faults.At = func(point string) error {
		if !r.w.trouble || r.w.chance(25) > 0 {
			return nil
		}
		r.w.tell("   %s crashes: %s", r.name, point)
		return errCrash
	}
	r.Client, err = client.Open(plant.With(r.w.ctx, faults), client.Options{
		Path: filepath.Join(r.w.dir, r.name+".db"), URL: "http://server.example", APIKey: r.w.key, UserID: "ada", InstanceID: r.name,
		Transport: r.net, Clock: r.clock,
	})
	return err
}

// survives passes over what a device and its app live with, after which a crashed one starts again.
func (r *replica) survives(err error) error {
	switch {
	case errors.Is(err, errCrash):
		return errors.Join(r.Close(), r.open())
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Unavailable):
		return nil
	}
	return err
}

// live lets the world go on for its steps.
func (w *world) live() error {
	for n := range steps {
		if err := w.pass(time.Duration(w.chance(20_000)) * time.Millisecond); err != nil {
			return err
		}
		if err := w.step(); err != nil {
			return fmt.Errorf("step %d: %w", n, err)
		}
	}
	return w.settle()
}

// pass lets time go by, everywhere alike.
func (w *world) pass(d time.Duration) error {
	w.now = w.now.Add(d)
	for _, r := range w.replicas {
		r.clock.Advance(d)
	}
	_, err := w.server.do(order{Do: "time", At: w.now.UnixMilli()})
	return err
}

func (w *world) step() error {
	r := w.replicas[w.chance(len(w.replicas))]
	switch n := w.chance(100); {
	case n < 48:
		return r.survives(r.edit())
	case n < 82:
		return r.sync()
	case n < 87:
		r.net.cut = !r.net.cut
		w.tell("%s cut off: %t", r.name, r.net.cut)
	case n < 91:
		return w.arrive()
	case n < 94:
		w.tell("%s starts again", r.name)
		return errors.Join(r.Close(), r.open())
	case n < 96:
		return w.restart()
	case n < 98:
		return w.compact()
	case n < 99:
		w.tell("new epoch")
		_, err := w.server.do(order{Do: "epoch", Tenant: w.tenant})
		return err
	default:
		return r.acknowledge()
	}
	return nil
}

// edit changes an item of a replica as an app would. What it wrote before it crashed is on disk.
func (r *replica) edit() error {
	key := fmt.Sprint("k", r.w.chance(keys))
	err := r.write(key)
	if err != nil && !errors.Is(err, errCrash) {
		return err
	}
	return errors.Join(r.expect(key), err)
}

func (r *replica) write(key string) error {
	w := r.w
	w.tokens++
	token := fmt.Sprintf("%s.%d", r.name, w.tokens)
	value := map[string]any{}
	i, err := r.Get(w.ctx, key)
	if err == nil {
		err = i.Into(&value)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	w.shown[token] = i.Version
	member := fmt.Sprint("f", w.chance(members))
	switch kind := w.chance(12); {
	case kind < 4:
		w.tell("%s sets %s %s=%s", r.name, key, member, token)
		value[member] = token
		return r.Set(w.ctx, key, value)
	case kind < 6:
		w.tell("%s patches %s %s=%s", r.name, key, member, token)
		return r.Patch(w.ctx, key, map[string]any{member: token})
	case kind < 7:
		w.tell("%s removes %s", r.name, key)
		return r.Remove(w.ctx, key)
	case kind < 8:
		w.tell("%s counts %s %s", r.name, key, token)
		n, _ := value["n"].(float64) // absent: 0
		value["n"], value["by"] = n+1, token
		return r.Set(w.ctx, key, value)
	case kind < 9:
		w.tell("%s writes %s %s", r.name, key, token)
		text, _ := value["text"].(string) // absent: none
		words := strings.Fields(text)
		at := w.chance(len(words) + 1)
		value["text"] = strings.Join(append(words[:at:at], append([]string{token}, words[at:]...)...), " ")
		return r.Set(w.ctx, key, value, client.Tags(member))
	case kind < 11:
		w.tell("%s adds to the sum", r.name)
		if err := r.Increment(w.ctx, sumKey, "/n", 1); !errors.Is(err, errCrash) {
			return w.counted(err)
		}
		return errors.Join(w.counted(nil), errCrash)
	default:
		w.tell("%s makes %s new %s", r.name, key, token)
		return r.Set(w.ctx, key, map[string]any{member: token}, client.Metadata(map[string]any{"by": token}), client.Priority(int32(w.chance(3)-1)))
	}
}

// sync brings a replica and the server together. One that got through and waits for nothing is equal to the server.
func (r *replica) sync() error {
	r.w.tell("%s syncs", r.name)
	r.net.stale = false
	if err := r.look(&r.was); err != nil {
		return err
	}
	failed := r.Sync(r.w.ctx)
	if failed != nil {
		r.w.tell("   fails: %s", fault.CodeOf(failed))
	}
	if err := r.survives(failed); err != nil {
		return err
	}
	if err := r.forward(); err != nil || failed != nil || r.net.stale {
		return err // what came late: it knows no better yet
	}
	return r.w.equal(r)
}

// arrive brings what was late to the server.
func (w *world) arrive() error {
	if len(w.late) == 0 {
		return nil
	}
	n := w.chance(len(w.late))
	w.tell("what was late arrives")
	_, err := w.deliver(w.late[n])
	w.late = append(w.late[:n:n], w.late[n+1:]...)
	return err
}

func (w *world) restart() error {
	w.tell("the server is killed")
	w.server.kill()
	for _, r := range w.replicas {
		if w.chance(2) == 0 {
			if err := r.sync(); err != nil {
				return err
			}
		}
	}
	return w.server.start()
}

// compact lets more time go by than history is kept.
func (w *world) compact() error {
	w.tell("a month passes")
	w.months++
	if err := w.look(); err != nil {
		return err
	}
	if err := w.pass(31 * 24 * time.Hour); err != nil {
		return err
	}
	_, err := w.server.do(order{Do: "purge"})
	return err
}

func (r *replica) acknowledge() error {
	list, err := r.Conflicts(r.w.ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	r.w.tell("%s acknowledges %d conflicts", r.name, len(list))
	r.w.noteConflicts(r, list)
	for _, c := range list {
		if err := r.Acknowledge(r.w.ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

const settleRounds = 6

// settle ends all trouble, and lets everybody sync until nothing waits.
func (w *world) settle() error {
	w.tell("all is well again")
	w.trouble = false
	for len(w.late) > 0 {
		if err := w.arrive(); err != nil {
			return err
		}
	}
	for range settleRounds {
		waiting := 0
		for _, r := range w.replicas {
			r.net.cut = false
			if err := r.Sync(w.ctx); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			ops, err := r.Pending(w.ctx)
			if err != nil {
				return err
			}
			waiting += len(ops)
		}
		if waiting == 0 {
			break
		}
	}
	for _, r := range w.replicas {
		if err := r.Sync(w.ctx); err != nil {
			return err
		}
	}
	return w.check()
}

func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was read encodes
	}
	return string(b)
}
