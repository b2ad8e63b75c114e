package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/valyala/fasthttp"
)

const fewItems = 10_000

// flat measures writes and lists on a store with a million items against one with ten thousand.
func (b *bench) flat() error {
	for _, db := range b.databases() {
		few, err := b.filled("few", db, fewItems)
		if err != nil {
			return err
		}
		many, err := b.stocked(db)
		if err != nil {
			return err
		}
		if err := b.compare(db, "writes", "writes/s", load{many, 32, put(b.items)}, load{few, 32, put(fewItems)}); err != nil {
			return err
		}
		if err := b.compare(db, "prefix lists of 100", "lists/s", load{many, 8, list(b.items)}, load{few, 8, list(fewItems)}); err != nil {
			return err
		}
		b.endAll()
	}
	return nil
}

func (b *bench) compare(db, what, unit string, many, few load) error {
	large := &series{name: fmt.Sprintf("%s %s, %s items", what, db, format(float64(b.items))), run: many.run}
	small := &series{name: fmt.Sprintf("%s %s, %s items", what, db, format(fewItems)), run: few.run}
	if err := b.interleave(large, small); err != nil {
		return err
	}
	name := fmt.Sprintf("%s with %s items, %s", what, format(float64(b.items)), db)
	if db == mariadb {
		name += ", buffer pool " + b.buffer
	}
	w := beside(name, unit, large, small, "with "+format(fewItems))
	b.report.add(w.atLeast(w.Ratio, 0.7))
	return nil
}

// list asks for the items of a prefix that a hundred keys share.
func list(keys int) func(*fasthttp.Request) {
	return func(req *fasthttp.Request) {
		req.Header.SetMethod(fasthttp.MethodGet)
		req.SetRequestURI("/api/v1/sync-storage/items?limit=100&prefix=" + prefixOf(rand.IntN(keys)))
	}
}
