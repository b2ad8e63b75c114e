// Package plant puts faults into a replica, so that the lab can show that it
// finds them. Nobody outside the client's folder can reach it: faults come in a
// context given to client.Open.
package plant

import "context"

// Faults are what is wrong with a replica. The zero value is nothing.
type Faults struct {
	LaterClock  bool // of two states of an item the one with the later client's clock stands, not the later in the log
	CursorFirst bool // the cursor of a page is saved before what the page holds
	NoTombstone bool // a snapshot takes nothing away: what was removed meanwhile stays
	OwnWins     bool // of a conflict that the server settled otherwise, the replica keeps what it wrote itself
	LateBase    bool // a write is made over what the replica has when it is pushed, not when it was written

	// At is told where the replica is; an error ends what it does there, as a kill would. nil: none does.
	At func(point string) error
}

type name struct{}

// With gives a context to open a replica in.
func With(ctx context.Context, f Faults) context.Context { return context.WithValue(ctx, name{}, f) }

// From is what a context says is wrong.
func From(ctx context.Context) Faults {
	f, _ := ctx.Value(name{}).(Faults)
	return f
}

// Reach tells that the replica has come to a point.
func (f *Faults) Reach(point string) error {
	if f.At == nil {
		return nil
	}
	return f.At(point)
}
