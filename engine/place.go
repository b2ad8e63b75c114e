package engine

import (
	"encoding/json"

	"tidemark/models"
	"tidemark/store"
)

type snapshotPlace struct {
	Priority   int64  `json:"p"`
	Owner      string `json:"o"`
	Collection string `json:"c"`
	Key        string `json:"k"`
}

func encodePlace(it *models.Item) []byte {
	b, err := json.Marshal(snapshotPlace{it.Priority, it.Owner, it.Collection, it.Key})
	if err != nil {
		panic(err) // strings and a number always encode
	}
	return b
}

func decodePlace(b []byte) (store.SnapshotPlace, error) {
	var p snapshotPlace
	if err := json.Unmarshal(b, &p); err != nil {
		return store.SnapshotPlace{}, badCursor()
	}
	return store.SnapshotPlace(p), nil
}
