package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// ask is one request in words that every door understands.
type ask struct {
	event string // as on sockets
	key   string
	rest  string // further members of the object, as JSON
	opID  string
}

// door is a way in. An error is one of the connection; a refusal is an answer.
type door interface {
	do(ask) (answer, error)
}

// doors opens every door to one user.
func (h *house) doors(t testing.TB, user string) map[string]door {
	t.Helper()
	return map[string]door{
		"rest":      restDoor{h.as(user, "rest")},
		"socket.io": socketDoor{h.as(user, "socket.io").live(t, true)},
		"websocket": socketDoor{h.as(user, "websocket").live(t, false)},
	}
}

// must asks and expects the connection to hold.
func must(t testing.TB, d door, q ask) answer {
	t.Helper()
	a, err := d.do(q)
	if err != nil {
		t.Fatalf("%s %.60q %.100s: %v", q.event, q.key, q.rest, err)
	}
	return a
}

// accepted asks and expects a yes.
func accepted(t testing.TB, d door, q ask) answer {
	t.Helper()
	a := must(t, d, q)
	if a.problem != nil {
		t.Fatalf("%s %.60q %.100s: %s", q.event, q.key, q.rest, a)
	}
	return a
}

type socketDoor struct{ *socket }

func (d socketDoor) do(q ask) (answer, error) {
	key, opID := "", ""
	if q.key != "" {
		key = `"key":` + quoted(q.key)
	}
	if q.opID != "" {
		opID = `"opId":` + quoted(q.opID)
	}
	return d.ask(q.event, members(key, q.rest, opID))
}

type restDoor struct{ *caller }

func (d restDoor) do(q ask) (answer, error) {
	var headers []string
	if q.opID != "" {
		headers = append(headers, "Idempotency-Key: "+q.opID)
	}
	item := itemPath + strings.ReplaceAll(url.QueryEscape(q.key), "+", "%20")
	switch q.event {
	case "sync:set":
		a, err := d.caller.do("PUT", item, members(q.rest), headers...)
		a.Duplicate = a.header.Get("Idempotency-Replayed") == "true"
		return a, err
	case "sync:remove":
		a, err := d.caller.do("DELETE", item, members(q.rest), headers...)
		a.Duplicate = a.header.Get("Idempotency-Replayed") == "true"
		return a, err
	case "sync:get":
		return d.caller.do("GET", item, "")
	case "sync:getAll":
		return d.list("/api/v1/sync-storage/items", q.rest)
	case "sync:pull":
		return d.list("/api/v1/sync/events", q.rest)
	case "sync:push":
		return d.caller.do("POST", "/api/v1/sync/events", members(q.rest))
	}
	return answer{}, fmt.Errorf("%s has no route", q.event)
}

// list turns members into parameters.
func (d restDoor) list(path, rest string) (answer, error) {
	var params map[string]any
	if err := json.Unmarshal([]byte(members(rest)), &params); err != nil {
		return answer{}, err
	}
	values := url.Values{}
	for name, value := range params {
		values.Set(name, fmt.Sprint(value))
	}
	return d.caller.do("GET", path+"?"+values.Encode(), "")
}
