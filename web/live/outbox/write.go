package outbox

import "tidemark/web/live/ws"

// write sends what is queued, batch by batch, and ends when nothing is left.
func (o *Outbox) write(conn *ws.Conn) {
	var batch []ws.Message
	for {
		if batch = o.next(batch); batch == nil {
			return
		}
		if err := conn.Write(batch); err != nil {
			o.Close()
			o.owner.Failed()
			return
		}
		if o.wrote(batch) {
			o.owner.Drained()
		}
	}
}

// next swaps the queue for the batch just written, whose room is used again. Nil: nothing is left.
func (o *Outbox) next(done []ws.Message) []ws.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	if done != nil && cap(done) <= spareMessages {
		clear(done)
		o.spare = done[:0]
	}
	if len(o.queue) == 0 {
		o.writing = false
		return nil
	}
	batch := o.queue
	o.queue, o.spare = o.spare, nil
	return batch
}

func (o *Outbox) wrote(batch []ws.Message) (drained bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone(batch) && !o.closed
}
