// Package protocol is the wire contract in Go: what clients send is decoded
// here, strictly and once for every door, and what they get is encoded here.
// docs/protocol.md is the same contract in words; its example frames are tests.
//
// Start with op.go (the nouns) and decode.go (how a message becomes an Op).
// json.go reads JSON in a single pass and brings it into canonical form: keys
// sorted, no white space, number literals as sent. encode.go and reply.go write
// what goes back; frame.go wraps it for a socket, once for all its receivers.
//
// Faults made here are `malformed` (not JSON, or not of the right shape),
// `invalid` (well-formed, but not acceptable; each field is named) and, for a
// push with too many events, `batch_too_large`. Everything is safe for
// concurrent use; nothing keeps hold of the bytes it was given to decode.
package protocol
