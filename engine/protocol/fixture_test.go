package protocol

import (
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
)

// The world of the examples in docs/protocol.md.
const (
	exampleAt     = 1767225600000 // 2026-01-01T00:00:00Z
	exampleCursor = "AQEBx4fQ2gAAAAAAAAAq"
	exampleReq    = "01KDVT0000REQ0000000000001"
)

func exampleItem() *models.Item {
	return &models.Item{
		ID: "01KDVT0000ITEM000000000001", Collection: models.Storage, Owner: "ada", Key: "orders/1",
		Value: []byte(`{"total":9007199254740993}`), Metadata: []byte(`{"source":"web"}`), Version: 3, Timestamp: exampleAt,
		Seq: 42, Instance: "phone-1", Size: 42, Tags: []string{"open", "vip"}, ExpiresAt: exampleAt + 86_400_000, Priority: 5, ModifiedAt: exampleAt + 250,
	}
}

func exampleTombstone() *models.Item {
	return &models.Item{
		ID: "01KDVT0000ITEM000000000002", Collection: "notes", Owner: "ada", Key: "n1", Version: 2, Timestamp: exampleAt,
		Seq: 43, Instance: "phone-1", Deleted: true, ModifiedAt: exampleAt,
	}
}

func exampleSet() *models.Change {
	return &models.Change{
		Seq: 42, Collection: models.Storage, Owner: "ada", Key: "orders/1", Op: models.ChangeSet, Version: 3,
		Value: []byte(`{"total":9007199254740993}`), Metadata: []byte(`{"source":"web"}`), Timestamp: exampleAt,
		Instance: "phone-1", OpID: "op-7", ClientOp: true,
	}
}

func exampleRemove() *models.Change {
	return &models.Change{
		Seq: 43, Collection: "notes", Owner: "ada", Key: "n1", Op: models.ChangeRemove, Version: 2, Timestamp: exampleAt,
		Instance: "phone-1", OpID: "01KDVT0000000000000SERVER1",
	}
}

func exampleResults() (applied, settled, removed Result) {
	applied = Result{OpID: "op-7", Key: "orders/1", Status: Applied, Version: 3, Timestamp: exampleAt, Seq: 42}
	settled = Result{
		OpID: "op-8", Key: "orders/1", Status: Conflict, Version: 3, Timestamp: exampleAt, Seq: 42,
		Value: []byte(`{"total":1}`), ConflictID: "01KDVT0000CONF000000000001",
	}
	removed = Result{OpID: "op-9", Key: "orders/1", Status: Applied, Version: 4, Timestamp: exampleAt, Seq: 44}
	return applied, settled, removed
}

func exampleConflict() *models.Conflict {
	return &models.Conflict{
		ID: "01KDVT0000CONF000000000001", Collection: models.Storage, Key: "orders/1", Kind: models.ConflictConcurrent,
		Status: models.ConflictOpen, CurrentVersion: 3, CurrentValue: []byte(`{"total":1}`),
		IncomingValue: []byte(`{"total":2}`), IncomingInstance: "phone-2",
	}
}

// exampleKept is a conflict that somebody settled by hand.
func exampleKept() *models.Conflict {
	c := exampleConflict()
	c.ItemID, c.Owner, c.Status, c.Strategy, c.Winner, c.Reason = "01KDVT0000ITEM000000000001", "ann", models.ConflictResolved, models.StrategyManual, "merged", "Somebody decided."
	c.Fields, c.BaseVersion, c.BaseSeq, c.BaseValue = []string{"/total"}, 2, 40, []byte(`{"total":0}`)
	c.CurrentSeq, c.CurrentInstance, c.OpID, c.IncomingOp, c.IncomingTimestamp, c.IncomingTags = 41, "phone-1", "op-7", models.ChangeSet, exampleAt, []string{"late"}
	c.Suggestion = &models.Suggestion{Choice: "incoming", Confidence: 0.75, Reason: "It is the later count.", Model: "m", At: exampleAt}
	c.Actor, c.ResolvedBy = "key:01KDVT0000KEY0000000000001", "key:01KDVT0000KEY0000000000001"
	c.Stands, c.StandsVersion, c.ResultSeq, c.CreatedAt, c.ResolvedAt = []byte(`{"total":3}`), 4, 43, exampleAt, exampleAt
	return c
}

func versionConflict() *fault.Error {
	return fault.New(fault.VersionConflict, "The item has changed since version 2.").
		With("conflictId", "01KDVT0000CONF000000000001").With("value", []byte(`{"total":1}`)).With("version", int64(3))
}

func limited() *fault.Error {
	return fault.New(fault.RateLimited, "Too many requests.").After(1500 * time.Millisecond)
}

func cursorOf(*models.Change) string { return exampleCursor }

// serverFrames are what the server sends, by the name of the example.
func serverFrames() map[string][]byte {
	applied, settled, removed := exampleResults()
	replayed := applied
	replayed.Duplicate = true
	refused := Result{OpID: "op-8", Status: Rejected, Err: versionConflict()}
	item := AppendItem(nil, exampleItem())
	events := AppendEvents(nil, []models.Change{*exampleSet(), *exampleRemove()}, cursorOf)
	update := NewFrame(EventUpdate, AppendUpdate(nil, exampleSet(), exampleCursor))
	removal := NewFrame(EventRemove, AppendRemoval(nil, exampleRemove(), exampleCursor))
	pending := NewAckedFrame(EventPending, events, 1)
	invalidKey := fault.From(CheckKey(""))
	return map[string][]byte{
		"item":                      item,
		"tombstone":                 AppendItem(nil, exampleTombstone()),
		"write applied":             AppendWrite(nil, applied),
		"write conflict":            AppendWrite(nil, settled),
		"write removed":             AppendWrite(nil, removed),
		"ack duplicate":             AckFrame(PlainWS, []byte("7"), AppendOK(nil, AppendWrite(nil, replayed))),
		"error version_conflict":    AppendError(nil, versionConflict(), exampleReq),
		"error invalid":             AppendError(nil, invalidKey, exampleReq),
		"error rate_limited":        AppendError(nil, limited(), exampleReq),
		"items page":                AppendItemPage(nil, []models.Item{*exampleItem()}, "", "AQEBx4fQ2gAAAAAAAAAr"),
		"keys page":                 AppendKeyPage(nil, []models.Item{*exampleItem()}, "AQMBx4fQ2g", "AQEBx4fQ2gAAAAAAAAAr"),
		"push reply":                AppendPushReply(nil, []Result{applied, refused, replayed}, exampleReq, exampleAt),
		"pull page":                 AppendPullPage(nil, events, "AQEBx4fQ2gAAAAAAAAAr", false, exampleAt),
		"event set":                 AppendEvent(nil, exampleSet(), exampleCursor),
		"event remove":              AppendEvent(nil, exampleRemove(), exampleCursor),
		"event evict":               AppendEvict(nil, exampleSet(), exampleCursor),
		"instance":                  AppendInstance(nil, &models.Instance{ID: "phone-1", UserID: "ada", Mark: 40, LastSeenAt: exampleAt, ConnID: 7}, 43),
		"ack set":                   AckFrame(PlainWS, []byte("7"), AppendOK(nil, AppendWrite(nil, applied))),
		"ack set socket.io":         AckFrame(SocketIO, []byte("7"), AppendOK(nil, AppendWrite(nil, applied))),
		"ack empty":                 AckFrame(PlainWS, []byte("8"), AppendOK(nil, nil)),
		"ack keys":                  AckFrame(PlainWS, []byte(`"s1"`), AppendOK(nil, AppendKeys(nil, []string{"a", "orders/*"}))),
		"ack auth":                  AckFrame(PlainWS, []byte("14"), AppendOK(nil, AppendExpiry(nil, exampleAt))),
		"sync:auth-required":        NewFrame(EventAuthRequired, AppendExpiry(nil, exampleAt)).Bytes(PlainWS),
		"ack refused":               AckFrame(PlainWS, []byte("9"), AppendNotOK(nil, versionConflict(), exampleReq)),
		"ack refused socket.io":     AckFrame(SocketIO, []byte("9"), AppendNotOK(nil, versionConflict(), exampleReq)),
		"pending-updates":           pending.Bytes(PlainWS),
		"pending-updates socket.io": pending.Bytes(SocketIO),
		"pending-updates empty":     NewAckedFrame(EventPending, AppendEvents(nil, nil, cursorOf), 1).Bytes(PlainWS),
		"sync:update":               update.Bytes(PlainWS),
		"sync:update socket.io":     update.Bytes(SocketIO),
		"sync:remove":               removal.Bytes(PlainWS),
		"sync:remove socket.io":     removal.Bytes(SocketIO),
		"sync:ready":                NewFrame(EventReady, AppendReady(nil, exampleAt, "01KDVT0000EPOCH00000000001", true)).Bytes(PlainWS),
		"sync:conflict":             NewFrame(EventConflict, AppendConflict(nil, exampleConflict())).Bytes(PlainWS),
		"kept conflict":             AppendKept(nil, exampleKept()),
		"error event":               NewFrame(EventError, AppendError(nil, limited(), exampleReq)).Bytes(PlainWS),
	}
}
