package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

const snapshotLimit = 500 // items of a page

// snapshot reads the current state beside what there is, and takes it in the
// place of that at once, with the cursor to go on from. Nothing but the outbox and
// the conflicts outlives it: an item that the snapshot has not was removed. A
// snapshot that was cut off goes on where it was.
func (c *Client) snapshot(ctx context.Context) error {
	for {
		page, err := c.snapshotPage(ctx)
		if lostPlace(err) {
			err = c.replica.write(ctx, func(t *tx) error { return t.unstage() })
			if err == nil {
				page, err = c.snapshotPage(ctx)
			}
		}
		if err != nil {
			return err
		}
		if err := c.stage(ctx, page); err != nil {
			return err
		}
		if page.NextPage == "" {
			return c.swap(ctx)
		}
	}
}

func (c *Client) snapshotPage(ctx context.Context) (*staged, error) {
	q := url.Values{"limit": {strconv.Itoa(snapshotLimit)}}
	err := c.replica.write(ctx, func(t *tx) error {
		next, err := t.meta(metaPage)
		if err == nil && next != "" {
			q.Set("page", next)
			return nil
		}
		if err == nil { // a first page, perhaps again
			err = t.unstage()
		}
		return err
	})
	page := &staged{}
	if err == nil {
		err = c.ask(ctx, request{method: http.MethodGet, path: snapshotPath, query: q}, page)
	}
	return page, err
}

// unstage forgets what was read of a snapshot.
func (t *tx) unstage() error {
	for _, statement := range []string{"DELETE FROM staging", "DELETE FROM meta WHERE name IN ('" + metaStaged + "', '" + metaPage + "')"} {
		if err := t.exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// stage keeps a page, with where the snapshot goes on.
func (c *Client) stage(ctx context.Context, page *staged) error {
	err := c.replica.write(ctx, func(t *tx) error {
		for i := range page.Items {
			r := page.Items[i].row()
			if err := t.put(insertStaged, &r); err != nil {
				return err
			}
		}
		if err := t.setMeta(metaStaged, page.Cursor); err != nil {
			return err
		}
		return t.setMeta(metaPage, page.NextPage)
	})
	if err == nil {
		err = c.plant.Reach("staged")
	}
	return err
}

// What a snapshot makes different.
const differing = `SELECT collection, key FROM (
  SELECT collection, key, version, seq FROM items WHERE value IS NOT NULL EXCEPT SELECT collection, key, version, seq FROM staging
) UNION SELECT collection, key FROM (
  SELECT collection, key, version, seq FROM staging EXCEPT SELECT collection, key, version, seq FROM items
) ORDER BY collection, key`

// swap takes the snapshot in the place of what there was.
func (c *Client) swap(ctx context.Context) error {
	var told []Event
	err := c.replica.write(ctx, func(t *tx) error {
		cursor, err := t.meta(metaStaged)
		if err != nil {
			return err
		}
		if told, err = t.differing(); err != nil {
			return err
		}
		if !c.plant.NoTombstone {
			if err := t.exec("DELETE FROM items"); err != nil {
				return err
			}
		}
		if err := t.exec("INSERT OR REPLACE INTO items SELECT * FROM staging"); err != nil {
			return err
		}
		if err := t.setMeta(metaCursor, cursor); err != nil {
			return err
		}
		return t.unstage()
	})
	if err == nil {
		err = c.plant.Reach("swapped")
	}
	if err == nil {
		c.tell(told)
	}
	return err
}

func (t *tx) differing() (told []Event, err error) {
	rows, err := t.QueryContext(t.ctx, differing)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		e := Event{Kind: Changed}
		if err := rows.Scan(&e.Collection, &e.Key); err != nil {
			return nil, err
		}
		told = append(told, e)
	}
	return told, rows.Err()
}
