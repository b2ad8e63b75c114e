package client

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// Bounds of a push: those of the server, with room to spare for the bytes.
const (
	pushEvents = protocol.MaxPush
	pushBytes  = 900 << 10
)

// push sends what waits in the outbox until all of it is answered. Of each key one
// operation is on its way at a time: the next one is made over its outcome. What
// the server asks to repeat later stays, and with it what waits behind it.
func (c *Client) push(ctx context.Context) error {
	over := map[place]bool{} // keys that this push is done with
	last, err := c.lastOp(ctx)
	for err == nil {
		var batch []op
		var body []byte
		batch, body, err = c.take(ctx, last, over)
		if err != nil || len(batch) == 0 {
			return err
		}
		err = c.deliver(ctx, batch, body, over)
	}
	return err
}

// lastOp is the newest operation: what is written while a push goes on is for the next one.
func (c *Client) lastOp(ctx context.Context) (n int64, err error) {
	err = c.replica.write(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, "SELECT COALESCE(MAX(n), 0) FROM ops").Scan(&n)
	})
	return n, err
}

// take picks the oldest operation of each key, and marks them as sent before they are.
func (c *Client) take(ctx context.Context, last int64, over map[place]bool) (batch []op, body []byte, err error) {
	err = c.replica.write(ctx, func(t *tx) error {
		heads, err := t.ops(selectOp+" WHERE n IN (SELECT MIN(n) FROM ops WHERE state <> 'refused' GROUP BY collection, key) AND n <= ? ORDER BY n LIMIT ?", last, pushEvents+len(over))
		if err != nil {
			return err
		}
		body = protocol.AppendString([]byte(`{"instanceId":`), c.instance)
		body = append(body, `,"events":[`...)
		for i := range heads {
			o := &heads[i]
			if over[o.place] {
				continue
			}
			if c.plant.LateBase && o.state == fresh {
				r, err := t.row(o.place)
				if err != nil {
					return err
				}
				o.base.version = r.base()
			}
			event := appendEvent(nil, o)
			if len(batch) == pushEvents || len(batch) > 0 && len(body)+len(event) > pushBytes {
				break
			}
			if len(batch) > 0 {
				body = append(body, ',')
			}
			body = append(body, event...)
			o.state = sent
			if err := t.save(o); err != nil {
				return err
			}
			batch = append(batch, *o)
		}
		body = append(body, "]}"...)
		return nil
	})
	if err == nil {
		err = c.plant.Reach("marked as sent")
	}
	return batch, body, err
}

// deliver pushes a batch. One that is refused as a whole, for something in it, is
// sent operation by operation, so that only what is at fault is refused.
func (c *Client) deliver(ctx context.Context, batch []op, body []byte, over map[place]bool) error {
	var answer struct {
		Results []pushed `json:"results"`
	}
	err := c.ask(ctx, request{method: http.MethodPost, path: eventsPath, body: body}, &answer)
	switch {
	case err == nil && len(answer.Results) == len(batch):
		return c.settle(ctx, batch, answer.Results, over)
	case err == nil:
		return fault.New(fault.Unavailable, "The server answered %d of %d operations.", len(answer.Results), len(batch))
	case !ofContent(err):
		return err
	case len(batch) == 1:
		f := fault.From(err)
		return c.settle(ctx, batch, []pushed{{OpID: batch[0].id, Status: protocol.Rejected, Code: f.Code, Message: f.Message}}, over)
	}
	var failed []error
	for i := range batch {
		one := protocol.AppendString([]byte(`{"instanceId":`), c.instance)
		one = append(appendEvent(append(one, `,"events":[`...), &batch[i]), "]}"...)
		if err := c.deliver(ctx, batch[i:i+1], one, over); err != nil {
			failed = append(failed, err)
			break // the server is away, or refuses whoever asks
		}
	}
	return errors.Join(failed...)
}

// ofContent says that a push was refused for what is in it, not for who asks and when.
func ofContent(err error) bool {
	return slices.Contains([]fault.Code{fault.Malformed, fault.Invalid, fault.BatchTooLarge, fault.ItemTooLarge, fault.UnsupportedEncoding}, fault.CodeOf(err))
}

// settle takes the answers in, all in one transaction.
func (c *Client) settle(ctx context.Context, batch []op, answers []pushed, over map[place]bool) error {
	if err := c.plant.Reach("pushed"); err != nil {
		return err
	}
	var told []Event
	err := c.replica.write(ctx, func(t *tx) error {
		for i := range batch {
			if answers[i].OpID != batch[i].id {
				return fault.New(fault.Unavailable, "The server answered another operation than was sent.")
			}
			events, err := c.answered(t, &batch[i], &answers[i], over)
			if err != nil {
				return err
			}
			told = append(told, events...)
		}
		return nil
	})
	if err == nil {
		err = c.plant.Reach("settled")
	}
	if err == nil {
		c.tell(told)
	}
	return err
}

// answered takes one answer in. The operation leaves the outbox, unless it is to be repeated.
func (c *Client) answered(t *tx, o *op, a *pushed, over map[place]bool) ([]Event, error) {
	made, applyErr := o.apply(o.base.Side)
	known := applyErr == nil && (o.kind == protocol.Set || o.kind == protocol.Remove || a.Version == o.base.version+1)
	switch {
	case a.Status == protocol.Rejected && a.Code == fault.VersionConflict:
		return c.lost(t, o, a, made, applyErr)
	case a.Status == protocol.Rejected && a.Code == fault.NotFound && o.kind == protocol.Remove:
		return nil, t.leave(o, made, outcome{won: true}) // it is gone, as was asked
	case a.Status == protocol.Rejected && a.Code.Retryable():
		over[o.place] = true
		return nil, nil
	case a.Status == protocol.Rejected:
		o.state, o.code, o.message = refused, string(a.Code), a.Message
		if err := t.save(o); err != nil {
			return nil, err
		}
		return []Event{{Kind: Refused, Collection: o.collection, Key: o.key, ID: o.id}}, t.follow(o, made, outcome{})
	case a.Status == protocol.Applied && !known:
		return nil, t.leave(o, made, outcome{}) // what stands comes with the log
	case a.Status == protocol.Applied, a.Status == protocol.Conflict && o.stands(a, made):
		return nil, t.won(o, a, made)
	case a.Status == protocol.Merged, a.Status == protocol.Conflict && o.within(a):
		return c.merged(t, o, a, made)
	}
	return c.lost(t, o, a, made, applyErr)
}

// stands says that of a conflict what stands is what an operation wrote.
func (o *op) stands(a *pushed, made conflict.Side) bool {
	if made.Value == nil {
		return string(a.Value) == "null"
	}
	return string(a.Value) == string(made.Value)
}

// within says that what stands has in it what an operation changes: it won over what it had not seen.
func (o *op) within(a *pushed) bool {
	if o.kind != protocol.Patch || a.Value == nil {
		return false
	}
	there := conflict.Side{Value: a.Value}
	again, err := o.patched(there)
	return err == nil && sameValue(there, again)
}

// won makes what an operation wrote what the server is known to have.
func (t *tx) won(o *op, a *pushed, made conflict.Side) error {
	if err := t.learn(&row{place: o.place, Side: made, version: a.Version, timestamp: o.at, seq: a.Seq}); err != nil {
		return err
	}
	u := outcome{won: true, version: a.Version}
	if made.Value == nil { // what comes next makes a new item
		u.version = 0
	}
	return t.leave(o, made, u)
}

// merged takes in what came of an operation and another's. What was merged beside
// the value comes with the log.
func (c *Client) merged(t *tx, o *op, a *pushed, made conflict.Side) ([]Event, error) {
	stands := made
	if stands.Value = a.Value; a.Value == nil { // who may not read is not shown it
		return nil, t.leave(o, made, outcome{})
	}
	if err := t.learn(&row{place: o.place, Side: stands, version: a.Version, timestamp: o.at, seq: a.Seq}); err != nil {
		return nil, err
	}
	e := Event{Kind: Merged, Collection: o.collection, Key: o.key, ID: a.ConflictID}
	return []Event{e}, t.leave(o, made, outcome{merged: true, version: a.Version, stands: stands})
}

// lost keeps what an operation wrote for the app to see, and lets stand what the server says.
func (c *Client) lost(t *tx, o *op, a *pushed, made conflict.Side, applyErr error) ([]Event, error) {
	id, kind, wrote := cmp.Or(a.ConflictID, o.id), protocol.Set, made
	switch {
	case o.kind == protocol.Remove:
		kind = protocol.Remove
	case applyErr != nil: // what it was made over is not known as a whole
		kind, wrote = o.kind, o.Side
	}
	err := t.exec(`INSERT OR REPLACE INTO conflicts (id, op_id, collection, key, open, op, mine, metadata, base, base_value, stands, version, message, at, opaque)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, id, o.id, o.collection, o.key, a.Status == protocol.Rejected, string(kind), orNull(wrote.Value), orNull(wrote.Metadata),
		o.base.version, orNull(o.base.Value), orNull(a.Value), a.Version, a.Message, c.now(), wrote.Opaque)
	if err == nil && c.plant.OwnWins {
		err = t.put(insertItem, &row{place: o.place, Side: made, version: a.Version, timestamp: o.at, seq: a.Seq})
	}
	if err != nil {
		return nil, err
	}
	return []Event{{Kind: Conflicted, Collection: o.collection, Key: o.key, ID: id}}, t.leave(o, made, outcome{})
}

// learn writes what the server is known to have until the log tells, unless the log has told already.
func (t *tx) learn(r *row) error {
	was, err := t.row(r.place)
	if err != nil || was.seq >= r.seq {
		return err
	}
	return t.put(insertItem, r)
}

// leave takes an operation from the outbox; what waited for its answer goes on from the outcome.
func (t *tx) leave(o *op, made conflict.Side, u outcome) error {
	if err := t.drop(o); err != nil {
		return err
	}
	return t.follow(o, made, u)
}

func (t *tx) follow(o *op, made conflict.Side, u outcome) error {
	chain, err := t.chain(o.place)
	if err != nil || len(chain) == 0 {
		return err
	}
	next := &chain[0]
	next.follow(o, made, u)
	return t.save(next)
}
