package main

import (
	"fmt"
	"time"
)

const (
	technicians     = 24
	customersEach   = 40
	jobsPerDay      = 3
	fieldSeed       = 20260601
	clashEvery      = 9 // days between a technician's two devices getting in each other's way
	cancelledOneIn  = 18
	partsOnEachVan  = 30
	technicianStart = 90 * time.Minute // the last one sets off so long after the first
)

var (
	appliances = []string{"heat pump", "boiler", "ventilation unit", "cold room", "lift", "fire door", "solar inverter", "charging point"}
	tasks      = []string{"yearly service", "repair", "installation", "inspection", "warranty visit", "leak search"}
	parts      = []string{"filter G4", "filter F7", "pump seal", "contactor 24V", "fan belt", "thermostat", "pressure valve", "fuse 16A", "gasket set", "relay board"}
	remarks    = []string{"Access through the yard, ring twice.", "Customer asks for a call half an hour before.", "Unit is on the roof; bring the long ladder.", "Second visit: the part was missing last time.", "Noise at start-up, gone after a minute.", "Readings in range, filter was due."}
)

// fieldService is acme: technicians with a phone and a tablet each, who write
// on cellars and roofs without a signal.
func fieldService(start time.Time) demoTenant {
	d := newDiary("acme", fieldSeed, start)
	for n := range technicians {
		d.moveIn(n)
	}
	for n := range demoDays {
		for t := range technicians {
			d.workday(n, t)
		}
	}
	d.backlog()
	return demoTenant{slug: "acme", name: "Acme Field Service", policies: backlogPolicies(), early: early(start), visits: d.visits}
}

func technician(n int) string { return fmt.Sprintf("tech-%02d", n+1) }

// moveIn gives a technician customers, a van and settings.
func (d *diary) moveIn(n int) {
	user := technician(n)
	d.visit(d.day(0).Add(time.Duration(n)*time.Minute-time.Hour), user, user+"-phone")
	d.set("profile", map[string]any{"name": d.person(), "van": fmt.Sprintf("AC-%03d", 100+n), "team": pick(d.Rand, []string{"north", "south", "harbour"})}, about{priority: 10})
	d.set("settings_theme", map[string]any{"mode": pick(d.Rand, []string{"light", "dark", "system"})}, about{priority: 5})
	d.set("settings_notifications", map[string]any{"push": d.IntN(2) == 0, "quietFrom": "20:00", "quietTo": "06:30"}, about{})
	for c := range customersEach {
		d.set(fmt.Sprintf("customers/%03d", c+1), map[string]any{
			"name": d.person(), "address": d.address(), "appliance": pick(d.Rand, appliances), "since": 2012 + d.IntN(14),
		}, about{tags: []string{"customer"}})
	}
	for p := range partsOnEachVan {
		d.set(fmt.Sprintf("van/parts/%02d", p+1), map[string]any{"part": pick(d.Rand, parts), "count": 1 + d.IntN(12)}, about{tags: []string{"stock"}})
	}
}

// workday is a technician's day: jobs arrive in the morning on the tablet, are
// worked through on the phone, and some are called off.
func (d *diary) workday(n, t int) {
	date := d.day(n)
	if wd := date.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return
	}
	user := technician(t)
	start := date.Add(time.Duration(d.Int64N(int64(technicianStart))))
	d.visit(start, user, user+"-tablet")
	jobs := make([]string, jobsPerDay)
	for i := range jobs {
		jobs[i] = fmt.Sprintf("jobs/%s/%d", date.Format(time.DateOnly), i+1)
		d.set(jobs[i], map[string]any{
			"customer": fmt.Sprintf("customers/%03d", 1+d.IntN(customersEach)), "task": pick(d.Rand, tasks), "appliance": pick(d.Rand, appliances),
			"status": "planned", "start": date.Add(time.Duration(2+3*i) * time.Hour).Format(time.RFC3339), "note": pick(d.Rand, remarks),
		}, about{tags: []string{"job", "planned"}, priority: int64(jobsPerDay - i)})
	}
	d.visit(start.Add(9*time.Hour), user, user+"-phone")
	for _, key := range jobs {
		if d.IntN(cancelledOneIn) == 0 {
			d.remove(key)
			continue
		}
		d.edit(key, map[string]any{"status": "done", "minutes": 20 + 5*d.IntN(30), "signedBy": d.person()}, about{tags: []string{"job", "done"}})
		if (n+t)%clashEvery == 0 {
			d.fromTablet(start.Add(10*time.Hour), user, key)
		}
	}
}

// fromTablet is the tablet coming back with an edit made before the phone's, and
// the phone going on after it.
func (d *diary) fromTablet(at time.Time, user, key string) {
	d.visit(at, user, user+"-tablet")
	d.clash(key, map[string]any{"status": "travelling", "note": "Stuck in traffic at the bridge."})
	d.visit(at.Add(time.Minute), user, user+"-phone")
}
