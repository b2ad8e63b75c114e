package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
)

// jsonOf scans a column of JSON into a value; NULL leaves it as it is.
func jsonOf(to any) sql.Scanner { return jsonColumn{to} }

type jsonColumn struct{ to any }

func (c jsonColumn) Scan(from any) error {
	switch text := from.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(text, c.to)
	case string:
		return json.Unmarshal([]byte(text), c.to)
	}
	return fmt.Errorf("a column of JSON has a %T", from)
}

// asJSON is a value as such a column keeps it.
func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // lists of plain values always encode
	}
	return b
}
