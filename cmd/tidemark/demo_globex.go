package main

import (
	"fmt"
	"time"

	"tidemark/models"
)

const (
	clinics       = 4
	patientsEach  = 120
	shops         = 6
	productsEach  = 80
	clinicSeed    = 20260602
	visitsPerDay  = 8
	ordersPerDay  = 5
	lateEditOneIn = 12 // appointments whose other computer writes late
)

var (
	reasons  = []string{"check-up", "vaccination", "blood test", "follow-up", "dental cleaning", "eye test", "physiotherapy"}
	products = []string{"espresso beans 1 kg", "oat drink", "reusable cup", "filter paper", "ceramic mug", "honey", "rye bread", "olive oil", "green tea", "lemon cake", "notebook", "tote bag"}
	states   = []string{"paid", "packed", "shipped"}
)

// clinicAndShop is globex: clinics that share an appointment book between two
// computers, and shops with a till. Its conflicts are settled by the last write.
func clinicAndShop(start time.Time) demoTenant {
	d := newDiary("globex", clinicSeed, start)
	for n := range clinics {
		d.openClinic(n)
	}
	for n := range shops {
		d.openShop(n)
	}
	for n := range demoDays {
		for c := range clinics {
			d.clinicDay(n, c)
		}
		for s := range shops {
			d.shopDay(n, s)
		}
	}
	return demoTenant{slug: "globex", name: "Globex Care & Coffee", strategy: models.StrategyLWW, visits: d.visits}
}

func clinic(n int) string { return fmt.Sprintf("clinic-%d", n+1) }
func shop(n int) string   { return fmt.Sprintf("shop-%d", n+1) }

func (d *diary) openClinic(n int) {
	user := clinic(n)
	d.visit(d.day(0).Add(time.Duration(n)*time.Minute-time.Hour), user, user+"-desk")
	d.set("profile", map[string]any{"name": "Globex Clinic " + pick(d.Rand, cities), "address": d.address(), "rooms": 2 + d.IntN(4)}, about{priority: 10})
	for p := range patientsEach {
		d.set(fmt.Sprintf("patients/%04d", p+1), map[string]any{
			"name": d.person(), "born": fmt.Sprintf("%d-%02d-%02d", 1938+d.IntN(80), 1+d.IntN(12), 1+d.IntN(28)), "city": pick(d.Rand, cities),
		}, about{tags: []string{"patient"}, metadata: map[string]any{"consent": true}})
	}
}

func (d *diary) openShop(n int) {
	user := shop(n)
	d.visit(d.day(0).Add(time.Duration(10+n)*time.Minute-time.Hour), user, user+"-till")
	d.set("profile", map[string]any{"name": "Globex Coffee " + pick(d.Rand, cities), "currency": "EUR"}, about{priority: 10})
	for p := range productsEach {
		d.set(fmt.Sprintf("products/%03d", p+1), map[string]any{
			"name": pick(d.Rand, products), "price": fmt.Sprintf("%d.%02d", 2+d.IntN(30), 5*d.IntN(20)), "stock": 5 + d.IntN(90),
		}, about{tags: []string{"product"}})
	}
}

// clinicDay books at the desk and writes up in the room; now and then the room
// writes on what the desk has meanwhile moved.
func (d *diary) clinicDay(n, c int) {
	date := d.day(n)
	if date.Weekday() == time.Sunday {
		return
	}
	user := clinic(c)
	d.visit(date.Add(time.Duration(c)*7*time.Minute), user, user+"-desk")
	booked := make([]string, visitsPerDay)
	for i := range booked {
		booked[i] = fmt.Sprintf("appointments/%s/%02d", date.Format(time.DateOnly), i+1)
		d.set(booked[i], map[string]any{
			"patient": fmt.Sprintf("patients/%04d", 1+d.IntN(patientsEach)), "reason": pick(d.Rand, reasons),
			"time": date.Add(time.Duration(120+30*i) * time.Minute).Format("15:04"), "state": "booked",
		}, about{tags: []string{"appointment"}})
	}
	d.visit(date.Add(11*time.Hour), user, user+"-room")
	for _, key := range booked {
		d.edit(key, map[string]any{"state": "seen", "minutes": 10 + 5*d.IntN(7)}, about{tags: []string{"appointment", "seen"}})
	}
	if d.IntN(lateEditOneIn/visitsPerDay+1) == 0 {
		d.visit(date.Add(12*time.Hour), user, user+"-desk")
		d.clash(pick(d.Rand, booked), map[string]any{"state": "moved"})
	}
}

// shopDay takes orders at the till, ships them from the store room and counts stock.
func (d *diary) shopDay(n, s int) {
	date, user := d.day(n), shop(s)
	d.visit(date.Add(4*time.Hour+time.Duration(s)*11*time.Minute), user, user+"-till")
	for i := range ordersPerDay {
		d.set(fmt.Sprintf("orders/%s-%d", date.Format("0102"), i+1), map[string]any{
			"product": fmt.Sprintf("products/%03d", 1+d.IntN(productsEach)), "count": 1 + d.IntN(6), "customer": d.person(), "state": "new",
		}, about{tags: []string{"order"}, priority: 1})
	}
	d.visit(date.Add(10*time.Hour+time.Duration(s)*11*time.Minute), user, user+"-handheld")
	for i := range ordersPerDay {
		d.edit(fmt.Sprintf("orders/%s-%d", date.Format("0102"), i+1), map[string]any{"state": pick(d.Rand, states)}, about{tags: []string{"order"}})
	}
	for range 4 {
		d.edit(fmt.Sprintf("products/%03d", 1+d.IntN(productsEach)), map[string]any{"stock": d.IntN(90)}, about{tags: []string{"product"}})
	}
}
