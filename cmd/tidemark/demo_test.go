package main

import (
	"reflect"
	"testing"
)

func TestTheDemoIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(demo(), demo()) {
		t.Fatal("two demos differ")
	}
}

func TestTheDemoIsWorthLookingAt(t *testing.T) {
	t.Parallel()
	for _, tenant := range demo() {
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
