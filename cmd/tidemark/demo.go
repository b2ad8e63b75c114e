package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"tidemark/engine/protocol"
	"tidemark/models"
)

const demoDays = 30 // the demo's month

// monthBefore is the first morning of the last demo's month that is over by a time.
// It is a Monday, so that every installation has the same history, days off included.
func monthBefore(now time.Time) time.Time {
	now = now.UTC()
	start := time.Date(now.Year(), now.Month(), now.Day()-demoDays-1, 6, 0, 0, 0, time.UTC)
	return start.AddDate(0, 0, -int(start.Weekday()-time.Monday+7)%7)
}

// demoTenant is a tenant of the demo and what happened in it.
type demoTenant struct {
	slug     string
	name     string
	strategy models.Strategy
	policies []models.ConflictPolicy
	early    []visit // before the demo's month, under a retention that has passed
	visits   []visit
}

// visit is one device of a user syncing once.
type visit struct {
	at     time.Time
	user   string
	device string
	ops    []protocol.Op
}

// demo is everything the demo consists of, the same at every call, from a first morning on.
func demo(start time.Time) []demoTenant {
	return []demoTenant{fieldService(start), clinicAndShop(start)}
}

// diary writes visits down. It knows which version each key has come to, as the
// engine will, so that an edit can name its base, or a stale one on purpose.
type diary struct {
	*rand.Rand
	slug     string
	start    time.Time
	visits   []visit
	versions map[[2]string]int64
	bodies   map[[2]string]map[string]any
	ops      int
}

func newDiary(slug string, seed uint64, start time.Time) *diary {
	return &diary{Rand: rand.New(rand.NewPCG(seed, 7)), slug: slug, start: start, versions: map[[2]string]int64{}, bodies: map[[2]string]map[string]any{}}
}

// visit begins the next visit; what follows belongs to it.
func (d *diary) visit(at time.Time, user, device string) {
	d.visits = append(d.visits, visit{at: at, user: user, device: device})
}

func (d *diary) current() *visit { return &d.visits[len(d.visits)-1] }

// about adds what a change carries beside its value.
type about struct {
	tags     []string
	priority int64
	metadata map[string]any
}

// set writes a whole value over whatever there is.
func (d *diary) set(key string, value map[string]any, a about) {
	id := [2]string{d.current().user, key}
	d.versions[id]++
	d.bodies[id] = value
	body := map[string]any{"value": value, "version": d.versions[id] - 1}
	if a.tags != nil {
		body["tags"] = a.tags
	}
	if a.priority != 0 {
		body["priority"] = a.priority
	}
	if a.metadata != nil {
		body["metadata"] = a.metadata
	}
	d.add(key, body)
}

// edit changes some fields of a value written before.
func (d *diary) edit(key string, fields map[string]any, a about) {
	value := map[string]any{}
	for name, old := range d.bodies[[2]string{d.current().user, key}] {
		value[name] = old
	}
	for name, fresh := range fields {
		value[name] = fresh
	}
	d.set(key, value, a)
}

// clash edits on an outdated base, as a device does that was away: the version
// before the current one. It goes to a conflict.
func (d *diary) clash(key string, fields map[string]any) {
	id := [2]string{d.current().user, key}
	value := map[string]any{}
	for name, old := range d.bodies[id] {
		value[name] = old
	}
	for name, fresh := range fields {
		value[name] = fresh
	}
	d.add(key, map[string]any{"value": value, "version": d.versions[id] - 1})
}

// remove takes a key away. The key is not used again.
func (d *diary) remove(key string) {
	op := protocol.Op{Kind: protocol.Remove, Collection: models.Storage, Key: key}
	d.append(op)
}

func (d *diary) add(key string, body map[string]any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("demo: %s: %v", key, err)) // the demo's own values: a mistake in the program
	}
	op, err := protocol.DecodePut(text, key)
	if err != nil {
		panic(fmt.Sprintf("demo: %s: %v", key, err))
	}
	d.append(op)
}

func (d *diary) append(op protocol.Op) {
	d.ops++
	op.OpID = fmt.Sprintf("demo-%s-%d", d.slug, d.ops)
	v := d.current()
	v.ops = append(v.ops, op)
}

// pick draws one of the choices.
func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// day is a day of the demo's month.
func (d *diary) day(n int) time.Time { return d.start.AddDate(0, 0, n) }

var (
	firstNames = []string{"Ada", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Henrik", "Ines", "Jonas", "Kira", "Luca", "Mina", "Noah", "Olga", "Pavel", "Rosa", "Samir", "Tessa", "Viktor"}
	lastNames  = []string{"Adler", "Brandt", "Castillo", "Duran", "Egger", "Fischer", "Garcia", "Hansen", "Ivanova", "Jensen", "Keller", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Schneider", "Tanaka", "Weber"}
	streets    = []string{"Alder Way", "Bridge Street", "Canal Road", "Dock Lane", "Elm Avenue", "Foundry Street", "Garden Row", "Harbour Quay", "Mill Hill", "Station Road"}
	cities     = []string{"Aarhus", "Bilbao", "Cork", "Dresden", "Ghent", "Lyon", "Malmö", "Porto", "Turin", "Utrecht"}
)

func (d *diary) person() string { return pick(d.Rand, firstNames) + " " + pick(d.Rand, lastNames) }

func (d *diary) address() map[string]any {
	return map[string]any{"street": fmt.Sprintf("%d %s", 1+d.IntN(140), pick(d.Rand, streets)), "city": pick(d.Rand, cities), "postcode": fmt.Sprintf("%05d", 10000+d.IntN(89999))}
}

// platformOf is what a device of the demo runs on.
func platformOf(device string) string {
	for suffix, platform := range map[string]string{"phone": "Android", "tablet": "iPadOS", "desk": "Windows", "room": "Windows", "till": "Linux", "handheld": "Android"} {
		if strings.HasSuffix(device, "-"+suffix) {
			return platform
		}
	}
	return ""
}
