package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Bounds of what is asked and answered.
const (
	answerWithin = 30 * time.Second // beside what a pull waits
	maxAnswer    = 32 << 20         // bytes; pages have 1 MB of values
)

// The paths of the wire contract.
const (
	eventsPath   = "/api/v1/sync/events"
	snapshotPath = "/api/v1/sync/snapshot"
)

// request is one to the server.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	within       time.Duration // 0: answerWithin
}

// ask sends a request and decodes its answer: a fault of the server, or
// `unavailable` where there is no answer that can be understood.
func (c *Client) ask(ctx context.Context, q request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, max(q.within, answerWithin))
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)() //nolint:contextcheck // it ends with the client, too
	to := *c.base
	to.Path, to.RawQuery = to.Path+q.path, q.query.Encode()
	req, err := http.NewRequestWithContext(ctx, q.method, to.String(), bytes.NewReader(q.body))
	if err != nil {
		return err
	}
	if err := c.sign(req); err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return offline(err)
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return offline(err)
	}
	if res.StatusCode != http.StatusOK {
		return refusal(res, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The server's answer could not be read.")
	}
	return nil
}

func offline(err error) error {
	return fault.Wrap(fault.Unavailable, err, "The server could not be reached.")
}

func (c *Client) sign(req *http.Request) error {
	if c.options.Token != nil {
		token, err := c.options.Token(req.Context())
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	} else {
		req.Header.Set("X-API-Key", c.options.APIKey)
	}
	if c.options.UserID != "" {
		req.Header.Set("X-User-Id", c.options.UserID)
	}
	req.Header.Set("X-Instance-Id", c.instance)
	if req.Method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	return nil
}

// refusal is the fault that an answer tells; one that is none of Tidemark's comes
// from something on the way.
func refusal(res *http.Response, body []byte) error {
	var told struct {
		Code    fault.Code     `json:"code"`
		Message string         `json:"message"`
		Details map[string]any `json:"details"`
	}
	if err := json.Unmarshal(body, &told); err != nil || told.Code == "" {
		f := fault.Wrap(fault.Unavailable, errors.New(res.Status), "The server could not be reached: something on the way answered %d.", res.StatusCode)
		return f.After(retryAfter(res))
	}
	return &fault.Error{Code: told.Code, Message: told.Message, Details: told.Details, RetryAfter: retryAfter(res)}
}

func retryAfter(res *http.Response) time.Duration {
	n, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// pushed is what became of one event of a push.
type pushed struct {
	OpID       string          `json:"opId"`
	Status     protocol.Status `json:"status"`
	Version    int64           `json:"version"`
	Seq        int64           `json:"seq"`
	Value      json.RawMessage `json:"value"`
	ConflictID string          `json:"conflictId"`
	Code       fault.Code      `json:"code"`
	Message    string          `json:"message"`
}

// event is a change of the log.
type event struct {
	Seq        int64           `json:"seq"`
	Op         string          `json:"op"`
	Collection string          `json:"collection"`
	Key        string          `json:"key"`
	Value      json.RawMessage `json:"value"`
	Metadata   json.RawMessage `json:"metadata"`
	Tags       []string        `json:"tags"`
	TTL        *time.Time      `json:"ttl"`
	Priority   int64           `json:"priority"`
	Version    int64           `json:"version"`
	Timestamp  int64           `json:"timestamp"`
	InstanceID string          `json:"instanceId"`
	Encryption string          `json:"encryptionType"`
}

func (e *event) row() row {
	r := row{place: place{e.Collection, e.Key}, version: e.Version, timestamp: e.Timestamp, seq: e.Seq, instance: e.InstanceID}
	if r.collection == "" {
		r.collection = models.Storage
	}
	if e.Op == string(protocol.Remove) {
		return r
	}
	r.Value, r.Tags, r.Priority, r.Opaque = e.Value, e.Tags, e.Priority, e.Encryption == models.EncryptedByClient
	if string(e.Metadata) != "null" {
		r.Metadata = e.Metadata
	}
	if e.TTL != nil {
		r.ExpiresAt = e.TTL.UnixMilli()
	}
	return r
}

// pulled is a page of the log, and staged one of a snapshot, whose items have the fields of events.
type pulled struct {
	Events  []event `json:"events"`
	Cursor  string  `json:"cursor"`
	HasMore bool    `json:"hasMore"`
}

type staged struct {
	Items    []event `json:"items"`
	NextPage string  `json:"nextPage"` // null: it was the last
	Cursor   string  `json:"cursor"`
}

// appendEvent appends an operation as an event of a push.
func appendEvent(dst []byte, o *op) []byte {
	text := func(name, s string) { dst = protocol.AppendString(append(dst, name...), s) }
	number := func(name string, n int64) { dst = strconv.AppendInt(append(dst, name...), n, 10) }
	raw := func(name string, b []byte) { dst = append(append(dst, name...), b...) }
	text(`{"opId":`, o.id)
	text(`,"op":`, string(o.kind))
	if o.collection != models.Storage {
		text(`,"collection":`, o.collection)
	}
	text(`,"key":`, o.key)
	switch o.kind {
	case protocol.Remove:
	case protocol.Patch:
		raw(`,"patch":`, o.Value)
	default:
		raw(`,"value":`, o.Value)
	}
	if o.path != "" {
		text(`,"path":`, o.path)
	}
	if o.Opaque && o.kind == protocol.Set {
		text(`,"encryptionType":`, models.EncryptedByClient)
	}
	if o.Metadata != nil {
		raw(`,"metadata":`, o.Metadata)
	}
	for i, tag := range o.Tags {
		if i == 0 {
			text(`,"tags":[`, tag)
		} else {
			text(`,`, tag)
		}
		if i == len(o.Tags)-1 {
			dst = append(dst, ']')
		}
	}
	if o.ExpiresAt != 0 {
		dst = protocol.AppendTime(append(dst, `,"ttl":`...), o.ExpiresAt)
	}
	if o.Priority != 0 {
		number(`,"priority":`, o.Priority)
	}
	number(`,"version":`, o.base.version)
	number(`,"timestamp":`, max(o.at, 0))
	return append(dst, '}')
}
