package main

import "time"

// stocked is a server with all the items. It is filled once for all chapters that
// want it, and started again where an earlier one ended it.
func (b *bench) stocked(db string) (*process, error) {
	if p := b.stock[db]; p != nil {
		return p, b.restart(p)
	}
	p, err := b.filled("many", db, b.items)
	if err != nil {
		return nil, err
	}
	b.stock[db] = p
	return p, nil
}

func (b *bench) filled(name, db string, items int) (*process, error) {
	server, err := b.tidemark(name+"-"+db, db)
	if err != nil {
		return nil, err
	}
	b.progress("  filling %s with %s items", db, format(float64(items)))
	began := time.Now()
	err = b.fill(server, items)
	b.progress("  filled in %.0f s", time.Since(began).Seconds())
	return server, err
}
