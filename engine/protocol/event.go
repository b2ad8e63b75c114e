package protocol

import "tidemark/models"

const storage = models.Storage

// The events clients send.
const (
	EventSet         = "sync:set"
	EventRemove      = "sync:remove" // also sent by the server
	EventGet         = "sync:get"
	EventGetAll      = "sync:getAll"
	EventSubscribe   = "sync:subscribe"
	EventUnsubscribe = "sync:unsubscribe"
	EventPush        = "sync:push"
	EventPull        = "sync:pull"
	EventAck         = "sync:ack"
	EventAuth        = "sync:auth"
)

// The events the server sends.
const (
	EventPending  = "pending-updates"
	EventUpdate   = "sync:update"
	EventReady    = "sync:ready"
	EventConflict = "sync:conflict"
	EventError    = "error"

	EventAuthRequired = "sync:auth-required"
)

// EventAnswer is the event of an answer on the plain WebSocket, in both
// directions: it repeats the id of what it answers.
const EventAnswer = "ack"

var clientEvents = [...]string{
	EventSet, EventRemove, EventGet, EventGetAll, EventSubscribe,
	EventUnsubscribe, EventPush, EventPull, EventAck, EventAuth, EventAnswer,
}
