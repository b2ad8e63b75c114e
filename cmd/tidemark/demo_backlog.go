package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tidemark/engine/protocol"
	"tidemark/models"
)

const (
	backlogOf     = 12 // technicians whose two devices disagree at the end of the month
	backlogDay    = demoDays - 1
	earlyDays     = 40 // before the demo's month
	earlyKeeps    = 7  // days of history that acme kept then
	priceList     = "prices/2026"
	priceVersions = 5
)

// backlogPolicies are how acme settles conflicts of the keys that its backlog is about.
func backlogPolicies() []models.ConflictPolicy {
	return []models.ConflictPolicy{
		{Pattern: "reports/*", Strategy: models.StrategyMerge},
		{Pattern: "van/parts/*", Strategy: models.StrategyMerge},
		{Pattern: "van/parts/*", Path: "/count", Kind: models.MergeCounter},
		{Pattern: "checklists/*", Strategy: models.StrategyMerge},
		{Pattern: "checklists/*", Path: "/tags", Kind: models.MergeSet},
		{Pattern: "checklists/*", Path: "/steps", Kind: models.MergeList},
		{Pattern: "customers/*", Strategy: models.StrategyManual},
		{Pattern: "bookings/*", Strategy: models.StrategyFWW},
		{Pattern: "position", Strategy: models.StrategyLWW},
	}
}

// early is a price list that was changed often, long ago: of its older versions compaction has left nothing.
func early(start time.Time) []visit {
	d := newDiary("acme-early", fieldSeed, start)
	d.visit(d.day(-earlyDays), technician(0), technician(0)+"-tablet")
	for n := range priceVersions {
		d.set(priceList, map[string]any{"hour": 60 + n, "travel": 25, "currency": "EUR"}, about{})
	}
	return d.visits
}

// backlog is the last afternoon: each technician's tablet comes back after hours
// without a signal, with edits of what the phone has changed meanwhile.
func (d *diary) backlog() {
	for n := range backlogOf {
		user, at := technician(n), d.day(backlogDay).Add(10*time.Hour+time.Duration(n)*13*time.Minute)
		phone, tablet := user+"-phone", user+"-tablet"
		d.visit(at, user, phone)
		first := start(n)
		for _, key := range slices.Sorted(maps.Keys(first)) {
			d.push(protocol.Set, key, map[string]any{"value": first[key], "version": 0})
		}
		d.visit(at.Add(time.Hour), user, phone)
		d.meanwhile(n)
		away := time.Duration(2+n%5) * time.Hour
		d.visit(at.Add(away), user, tablet)
		d.late(n, at.Add(away))
	}
	d.visit(d.day(backlogDay).Add(20*time.Hour), technician(0), technician(0)+"-phone")
	d.push(protocol.Set, priceList, map[string]any{"value": map[string]any{"hour": 61, "travel": 30, "currency": "EUR"}, "version": 2})
	d.push(protocol.Set, "position", map[string]any{"value": map[string]any{"lat": 53.55, "lon": 9.99}})
}

const findings = "Arrived at 09:10. The circulation pump was noisy and warm to the touch. Bled the circuit twice and refilled to 1.6 bar.\nThe customer wants a quote for a new pump before winter."

// start is what both devices of a technician have.
func start(n int) map[string]any {
	return map[string]any{
		"reports/text":      map[string]any{"title": "Pump inspection", "text": findings, "hours": 2},
		"reports/status":    map[string]any{"title": "Yearly service", "status": "draft", "hours": 3, "room": "cellar"},
		"reports/gone":      map[string]any{"title": "Second visit", "status": "planned"},
		"van/parts/counted": map[string]any{"part": "fuse 16A", "count": 20 + n},
		"checklists/site":   map[string]any{"tags": []string{"roof", "indoor"}, "steps": []string{"ring twice", "main switch off", "filter", "sign off"}},
		"customers/moved":   map[string]any{"name": "Hansen & Sons", "phone": fmt.Sprintf("+45 70 10 %02d 10", n), "address": map[string]any{"street": "14 Mill Hill", "city": "Aarhus"}},
		"customers/left":    map[string]any{"name": "Novak Bakery", "since": 2019},
		"bookings/lift":     map[string]any{"slot": "08:00", "by": "nobody"},
		"notes/today":       map[string]any{"text": "Van is low on fuses."},
		"position":          map[string]any{"lat": 53.5, "lon": 9.9},
	}
}

// meanwhile is what the phone changes while the tablet is away.
func (d *diary) meanwhile(n int) {
	d.change("reports/text", map[string]any{"title": "Pump inspection", "text": strings.Replace(findings, "noisy and warm", "loud and hot", 1), "hours": 3})
	d.change("reports/status", map[string]any{"title": "Yearly service", "status": "signed", "hours": 3, "room": "cellar"})
	d.push(protocol.Remove, "reports/gone", map[string]any{"version": 1})
	d.push(protocol.Increment, "van/parts/counted", map[string]any{"path": "/count", "value": -3})
	d.change("checklists/site", map[string]any{"tags": []string{"roof", "indoor", "ladder"}, "steps": []string{"ring twice", "main switch off", "photo before", "filter", "sign off"}})
	d.change("customers/moved", map[string]any{"name": "Hansen & Sons", "phone": fmt.Sprintf("+45 70 10 %02d 10", n), "address": map[string]any{"street": "2 Dock Lane", "city": "Aarhus"}})
	d.push(protocol.Remove, "customers/left", map[string]any{"version": 1})
	d.change("bookings/lift", map[string]any{"slot": "08:00", "by": "north"})
	d.change("notes/today", map[string]any{"text": "Van is low on fuses and seals."})
	d.change("position", map[string]any{"lat": 53.6, "lon": 10.0})
}

// late is what the tablet brings, all of it made against what it had in the morning.
func (d *diary) late(n int, now time.Time) {
	d.change("reports/text", map[string]any{"title": "Pump inspection", "text": strings.NewReplacer("noisy", "rattling", "1.6 bar", "1.8 bar").Replace(findings), "hours": 2})
	d.change("reports/status", map[string]any{"title": "Yearly service", "status": "waiting for parts", "hours": 3, "room": "roof"})
	d.change("reports/gone", map[string]any{"title": "Second visit", "status": "done"})
	d.push(protocol.Increment, "van/parts/counted", map[string]any{"path": "/count", "value": -2, "version": 1})
	d.push(protocol.AddToSet, "checklists/site", map[string]any{"path": "/tags", "value": []string{"dog"}, "version": 1})
	d.push(protocol.Insert, "checklists/site", map[string]any{"path": "/steps", "value": map[string]any{"at": 3, "values": []string{"photo after"}}, "version": 1})
	d.change("customers/moved", map[string]any{"name": "Hansen & Sons", "phone": "+45 70 99 00 11", "address": map[string]any{"street": "14 Mill Hill", "city": "Aarhus"}})
	d.change("customers/left", map[string]any{"name": "Novak Bakery", "since": 2019, "discount": 5})
	d.change("bookings/lift", map[string]any{"slot": "08:00", "by": "harbour"})
	switch n % 3 {
	case 0: // its clock is an hour ahead
		d.push(protocol.Set, "notes/today", map[string]any{"value": map[string]any{"text": "Buy fuses."}, "version": 1, "timestamp": now.Add(time.Hour).UnixMilli()})
	case 1: // it names a version that nobody has seen
		d.push(protocol.Set, "notes/today", map[string]any{"value": map[string]any{"text": "Fuses are in the depot."}, "version": 40})
	default: // it names none, and was written before what stands
		d.push(protocol.Set, "notes/today", map[string]any{"value": map[string]any{"text": "Call the depot."}, "timestamp": now.Add(-12 * time.Hour).UnixMilli()})
	}
	d.change("position", map[string]any{"lat": 53.4, "lon": 9.8})
}

// change writes a whole value over the first version of a key.
func (d *diary) change(key string, value map[string]any) {
	d.push(protocol.Set, key, map[string]any{"value": value, "version": 1})
}

// push writes an operation down as a client would send it.
func (d *diary) push(kind protocol.Kind, key string, members map[string]any) {
	members["op"], members["key"], members["opId"] = kind, key, "demo"
	text, err := json.Marshal(map[string]any{"events": []any{members}})
	if err != nil {
		panic(fmt.Sprintf("demo: %s: %v", key, err)) // the demo's own values: a mistake in the program
	}
	p, err := protocol.DecodePush(text, 1)
	if err != nil || p.Events[0].Err != nil {
		panic(fmt.Sprintf("demo: %s: %v %v", key, err, p.Events))
	}
	d.append(p.Events[0].Op)
}
