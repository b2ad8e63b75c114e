package main

import (
	"reflect"
	"testing"
	"time"
)

var someMonday = time.Date(2026, time.June, 1, 6, 0, 0, 0, time.UTC)

func TestTheDemoIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(demo(someMonday), demo(someMonday)) {
		t.Fatal("two demos differ")
	}
}

func TestTheDemosMonthIsTheLastThatIsOver(t *testing.T) {
	t.Parallel()
	for hours := range 24 * 40 {
		now := someMonday.Add(time.Duration(hours) * time.Hour)
		start := monthBefore(now)
		if end := start.AddDate(0, 0, demoDays-1).Add(21 * time.Hour); start.Weekday() != time.Monday || end.After(now) || now.Sub(end) > 9*24*time.Hour {
			t.Errorf("at %v it begins on %v", now, start)
		}
	}
}

func TestTheDemoIsWorthLookingAt(t *testing.T) {
	t.Parallel()
	for _, tenant := range demo(someMonday) {
		keys, users, devices, ops := map[string]bool{}, map[string]bool{}, map[string]bool{}, 0
		for _, v := range tenant.visits {
			users[v.user], devices[v.device] = true, true
			for _, op := range v.ops {
				keys[v.user+" "+op.Key] = true
				ops++
			}
		}
		t.Logf("%s: %d visits, %d operations, %d items, %d users, %d devices", tenant.slug, len(tenant.visits), ops, len(keys), len(users), len(devices))
		if len(keys) < 1500 || ops < len(keys)*3/2 || len(users) < 8 || len(devices) < 12 {
			t.Errorf("%s is thin", tenant.slug)
		}
	}
}
