package main

import (
	"fmt"
	"net/url"
	"regexp"
)

const (
	visits    = 40 // of each page, after the first
	quickPage = 20 // ms
	listPage  = 50
	rarePage  = 300 // of what few items fit, which answers with what it came to
)

// look is a page of the console, and the ms it may take.
type look struct {
	name, path string
	most       float64
}

const ofTenant = "/t/bench"

// looks are what an administrator looks at. A prefix is one of all the items; of
// those a hundredth have the tag, are large, or were removed.
var looks = []look{
	{"Overview", ofTenant, quickPage},
	{"Devices", ofTenant + "/devices", quickPage},
	{"API keys", ofTenant + "/api-keys", quickPage},
	{"Storage, all users", ofTenant + "/storage", listPage},
	{"Storage, a prefix", ofTenant + "/storage?view=list&prefix=list-0", listPage},
	{"Storage, a prefix and a tag", ofTenant + "/storage?prefix=list-0&tag=urgent", listPage},
	{"Storage, a prefix and an owner", ofTenant + "/storage?view=list&prefix=list-0&owner=user-07", listPage},
	{"Storage, a prefix and a size", ofTenant + "/storage?prefix=list-0&size=1000", listPage},
	{"Storage, a prefix and an age: within 7 days", ofTenant + "/storage?prefix=list-0&age=within-7d", listPage},
	{"Storage, a prefix and an age: older than 7 days", ofTenant + "/storage?prefix=list-0&age=older-7d", listPage},
	{"Storage, a prefix and only removed", ofTenant + "/storage?prefix=list-0&deleted=only", listPage},
	{"Storage, a tag, newest first", ofTenant + "/storage?prefix=list-0&tag=urgent&sort=changed", rarePage},
	{"Storage, a tag and a size that nothing has", ofTenant + "/storage?prefix=list-0&tag=urgent&size=100000", rarePage},
	{"Storage, a size that nothing has", ofTenant + "/storage?prefix=list-0&size=100000", rarePage},
	{"Storage, removed, large and old", ofTenant + "/storage?prefix=list-0&deleted=with&size=100000&age=older-7d", rarePage},
	{"Live activity", ofTenant + "/activity", listPage},
	{"Audit of a tenant", ofTenant + "/audit", listPage},
	{"Audit, an action that is rare", "/system/audit?action=admin.", rarePage},
	{"Tenants", "/tenants", listPage},
	{"System", "/system", listPage},
	{"Tables", "/system/tables", listPage},
	{"Table of items", "/system/tables/items", listPage},
	{"Table of changes", "/system/tables/changes", listPage},
}

// console measures how long pages take, from the request to the last byte, in a
// tenant with a million items, and what those who watch cost those who write.
func (b *bench) console() error {
	for _, db := range b.databases() {
		server, err := b.stocked(db)
		if err != nil {
			return err
		}
		visitor, err := signIn(b.ctx, server)
		if err != nil {
			return err
		}
		b.progress("  furnishing %s", db)
		if err := b.furnish(server, visitor); err != nil {
			return fmt.Errorf("furnish: %w", err)
		}
		if err := b.pages(db, server, visitor); err != nil {
			return err
		}
		if err := b.watched(db, server, visitor); err != nil {
			return err
		}
		b.endAll()
	}
	return nil
}

func (b *bench) pages(db string, server *process, visitor *person) error {
	all, err := withItem(visitor)
	if err != nil {
		return err
	}
	for _, l := range all {
		before, err := server.used()
		if err != nil {
			return err
		}
		took, err := visitor.visit(l.path)
		if err != nil {
			return err
		}
		after, err := server.used()
		if err != nil {
			return err
		}
		w := row{Name: fmt.Sprintf("%s, %s: p95", l.name, db), Value: took.p95, Unit: "ms", Note: fmt.Sprintf("p50 %s, first %s", format(took.p50), format(took.first))}
		b.report.add(w.atMost(took.p95, l.most))
		b.progress("  %-52s %s, %s, CPU %s", w.Name, format(took.p95), w.Note, format(float64((after-before).Milliseconds())/(visits+1)))
	}
	return nil
}

var linkToItem = regexp.MustCompile(`href="/console(/t/bench/storage/item\?[^"]+)"`)

// withItem are all looks, and those at an item, which has to be found first.
func withItem(visitor *person) ([]look, error) {
	item, err := visitor.link(ofTenant+"/storage?prefix=list-000000-0&tag=urgent", linkToItem)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(item)
	if err != nil {
		return nil, err
	}
	return append(looks[:len(looks):len(looks)],
		look{"An item", item, listPage},
		look{"An item's history", at.Path + "/history?" + at.RawQuery, listPage},
	), nil
}
