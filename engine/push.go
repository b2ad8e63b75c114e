package engine

import (
	"context"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Push settles the events of a push that are well-formed and allowed; the others
// are refused in their place, and with them whatever shares a transaction with
// them. There is one result for each event, in order. The error is of the push
// as a whole, as Write's.
func (e *Engine) Push(ctx context.Context, c models.Caller, events []protocol.PushEvent, allow func(*protocol.Op) error) ([]protocol.Result, error) {
	results, aborted := make([]protocol.Result, len(events)), map[string]bool{}
	for i := range events {
		op := &events[i].Op
		results[i] = protocol.Result{OpID: op.OpID, Key: op.Key, Status: protocol.Rejected, Err: events[i].Err}
		if results[i].Err == nil {
			results[i].Err = allow(op)
		}
		if results[i].Err != nil && op.Tx != "" {
			aborted[op.Tx] = true
		}
	}
	ops, places := make([]protocol.Op, 0, len(events)), make([]int, 0, len(events))
	for i := range events {
		switch {
		case results[i].Err != nil:
		case aborted[events[i].Op.Tx]:
			results[i].Err = fault.New(fault.TxAborted, "Another event of this transaction was refused.")
		default:
			ops, places = append(ops, events[i].Op), append(places, i)
		}
	}
	if len(ops) == 0 {
		return results, nil
	}
	settled, err := e.Write(ctx, c, ops)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		results[place] = settled[i]
	}
	return results, nil
}
