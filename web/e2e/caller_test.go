package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// caller speaks REST.
type caller struct {
	url, key, user, instance string
	http                     *http.Client
	token                    string // in the place of the key
}

func newCaller(base, key, user, instance string) *caller {
	return &caller{url: base, key: key, user: user, instance: instance, http: &http.Client{Timeout: 45 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
}

// fields are the members that answers of all doors have.
type fields struct {
	ID         string          `json:"id"`
	Key        string          `json:"key"`
	Value      json.RawMessage `json:"value"`
	Version    int64           `json:"version"`
	Seq        int64           `json:"seq"`
	ConflictID string          `json:"conflictId"`
	Duplicate  bool            `json:"duplicate"`
	Size       int64           `json:"size"`
	Items      []fields        `json:"items"`
	Keys       []string        `json:"keys"`
	NextPage   *string         `json:"nextPage"`
	Cursor     string          `json:"cursor"`
	HasMore    bool            `json:"hasMore"`
	Events     []event         `json:"events"`
	Results    []result        `json:"results"`
	State      json.RawMessage `json:"status"` // applied and so on; a number in a problem
}

// event is a SyncEvent.
type event struct {
	Seq     int64           `json:"seq"`
	Op      string          `json:"op"`
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`
	Version int64           `json:"version"`
	UserID  string          `json:"userId"`
	OpID    string          `json:"opId"`
	Cursor  string          `json:"cursor"`
}

// result is what became of an event of a push.
type result struct {
	OpID      string `json:"opId"`
	Status    string `json:"status"`
	Version   int64  `json:"version"`
	Seq       int64  `json:"seq"`
	Code      string `json:"code"`
	Duplicate bool   `json:"duplicate"`
}

// problem is the one shape of errors.
type problem struct {
	Code      string         `json:"code"`
	Message   string         `json:"message"`
	Details   map[string]any `json:"details"`
	RequestID string         `json:"requestId"`
}

// answer is what a door said.
type answer struct {
	fields
	status  int // of HTTP; 0 on sockets
	header  http.Header
	body    string
	problem *problem // nil when it was accepted
}

// code is the code of a refusal, or ok.
func (a answer) code() string {
	if a.problem == nil {
		return "ok"
	}
	return a.problem.Code
}

func (a answer) String() string { return fmt.Sprintf("%d %.300s", a.status, a.body) }

// do sends a request; an error is one of the connection. Headers are "Name: value".
func (c *caller) do(method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, h := range append(c.headers(), headers...) {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(text)}
	if res.StatusCode >= 400 {
		a.problem = &problem{}
		err = json.Unmarshal(text, a.problem)
	} else if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		err = json.Unmarshal(text, &a.fields)
	}
	if err != nil {
		return a, fmt.Errorf("%s %s answered %d %.200q: %w", method, path, a.status, text, err)
	}
	return a, nil
}

func (c *caller) headers() []string {
	h := []string{"X-API-Key: " + c.key}
	if c.token != "" {
		h = []string{"Authorization: Bearer " + c.token}
	}
	if c.user != "" {
		h = append(h, "X-User-Id: "+c.user)
	}
	if c.instance != "" {
		h = append(h, "X-Instance-Id: "+c.instance)
	}
	return h
}

const itemPath = "/api/v1/sync-storage/item/"

// put sets a key to a JSON value; more members follow in rest.
func (c *caller) put(key, value, rest string, headers ...string) (answer, error) {
	return c.do("PUT", itemPath+url.PathEscape(key), members(`"value":`+value, rest), headers...)
}

func (c *caller) get(key string) (answer, error) {
	return c.do("GET", itemPath+url.PathEscape(key), "")
}

// members makes an object of members, of which some are empty.
func members(list ...string) string {
	var kept []string
	for _, m := range list {
		if m != "" {
			kept = append(kept, m)
		}
	}
	return "{" + strings.Join(kept, ",") + "}"
}

// quoted is a JSON string.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

// follow reads the log after the cursor to its end and gives the new cursor.
func (c *caller) follow(cursor string, each func(event)) (string, error) {
	for {
		a, err := c.do("GET", "/api/v1/sync/events?limit=1000&since="+url.QueryEscape(cursor), "")
		if err != nil {
			return cursor, err
		}
		if a.status != http.StatusOK {
			return cursor, fmt.Errorf("pull: %s", a)
		}
		for _, e := range a.Events {
			each(e)
		}
		cursor = a.Cursor
		if !a.HasMore {
			return cursor, nil
		}
	}
}
