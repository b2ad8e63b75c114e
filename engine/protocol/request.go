package protocol

import (
	"bytes"
	"fmt"
)

// Bounds of pages.
const (
	MaxPage = 1000   // items or events in one page
	MaxWait = 30_000 // ms a pull may wait
)

// GetAll is a decoded sync:getAll. Limit 0 and an empty Page mean: none named.
type GetAll struct {
	Collection string // never empty
	Prefix     string
	Page       string
	Limit      int
}

// Pull is a decoded sync:pull. Limit 0 and an empty Since mean: none named.
type Pull struct {
	Since       string
	Limit       int
	Wait        int64 // ms, at most MaxWait
	Collections []string
	Prefix      string
}

// Auth is the decoded payload of a Socket.IO connect packet: one of the two is set, or none.
type Auth struct {
	APIKey string
	Token  string
}

var (
	getFields    = fieldsOf(fKey, fCollection)
	getAllFields = fieldsOf(fCollection, fPrefix, fPage, fLimit)
	pullFields   = fieldsOf(fSince, fLimit, fWait, fCollections, fPrefix)
)

// DecodeGet reads the data of a sync:get.
func DecodeGet(data []byte) (collection, key string, err error) {
	op, err := decodeOp(data, Op{}, getFields, fieldsOf(fKey))
	return op.Collection, op.Key, err
}

// DecodeGetAll reads the data of a sync:getAll, which may be missing or null.
func DecodeGetAll(data []byte) (GetAll, error) {
	d := newDecoder(orEmpty(data))
	defer d.free()
	q, o := GetAll{Collection: storage}, object{allow: getAllFields}
	for d.next(&o) {
		switch o.field {
		case fCollection:
			q.Collection = d.named(fCollection, MaxCollection)
		case fPrefix:
			q.Prefix = d.prefix()
		case fPage:
			q.Page = d.token(fPage)
		case fLimit:
			q.Limit = int(d.within(fLimit, 1, MaxPage))
		}
	}
	if err := d.finish(); err != nil {
		return GetAll{}, err
	}
	return q, nil
}

// DecodePull reads the data of a sync:pull, which may be missing or null.
func DecodePull(data []byte) (Pull, error) {
	d := newDecoder(orEmpty(data))
	defer d.free()
	q, o := Pull{}, object{allow: pullFields}
	for d.next(&o) {
		switch o.field {
		case fSince:
			q.Since = d.token(fSince)
		case fLimit:
			q.Limit = int(d.within(fLimit, 1, MaxPage))
		case fWait:
			q.Wait = d.within(fWait, 0, MaxWait)
		case fCollections:
			q.Collections = d.list(fCollections, MaxFilter, collectionProblem)
		case fPrefix:
			q.Prefix = d.prefix()
		}
	}
	if err := d.finish(); err != nil {
		return Pull{}, err
	}
	return q, nil
}

// DecodeKeys reads the data of a sync:subscribe or sync:unsubscribe: keys as
// sent, each `*`, a key or `prefix*`.
func DecodeKeys(data []byte) ([]string, error) {
	d := newDecoder(data)
	defer d.free()
	var keys []string
	o := object{allow: fieldsOf(fKeys)}
	for d.next(&o) {
		keys = d.list(fKeys, MaxKeys, subscriptionProblem)
	}
	d.require(o.seen, o.allow)
	if err := d.finish(); err != nil {
		return nil, err
	}
	return keys, nil
}

// DecodeAck reads the data of a sync:ack.
func DecodeAck(data []byte) (cursor string, err error) {
	d := newDecoder(data)
	defer d.free()
	o := object{allow: fieldsOf(fCursor)}
	for d.next(&o) {
		if cursor = string(d.string(fCursor.String())); cursor == "" || len(cursor) > MaxCursor {
			d.wrong(fCursor.String(), "a cursor")
		}
	}
	d.require(o.seen, o.allow)
	if err := d.finish(); err != nil {
		return "", err
	}
	return cursor, nil
}

// DecodeAuth reads the payload of a Socket.IO connect packet, which may be missing.
func DecodeAuth(data []byte) (Auth, error) {
	d := newDecoder(orEmpty(data))
	defer d.free()
	a, o := Auth{}, object{allow: fieldsOf(fAPIKey, fToken)}
	for d.next(&o) {
		s := string(d.string(o.field.String()))
		if o.field == fAPIKey {
			a.APIKey = s
		} else {
			a.Token = s
		}
	}
	if err := d.finish(); err != nil {
		return Auth{}, err
	}
	return a, nil
}

// DecodeReauth reads the data of a sync:auth.
func DecodeReauth(data []byte) (token string, err error) {
	d := newDecoder(data)
	defer d.free()
	o := object{allow: fieldsOf(fToken)}
	for d.next(&o) {
		token = string(d.string(fToken.String()))
	}
	d.require(o.seen, o.allow)
	if err := d.finish(); err != nil {
		return "", err
	}
	return token, nil
}

// orEmpty takes nothing and null for an empty object.
func orEmpty(data []byte) []byte {
	if blank(data) || bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return []byte("{}")
	}
	return data
}

func (d *decoder) prefix() string {
	if b := d.string(fPrefix.String()); len(b) > 0 {
		return d.checked(fPrefix.String(), string(b), MaxKey)
	}
	return ""
}

// token reads a cursor or page token, good or not; null is none.
func (d *decoder) token(f field) string {
	if d.null() {
		return ""
	}
	b := d.string(f.String())
	if len(b) > MaxCursor {
		d.wrong(f.String(), "a cursor")
		return ""
	}
	return string(b)
}

func (d *decoder) within(f field, low, high int64) int64 {
	n, ok := d.integer(f.String())
	if ok && (n < low || n > high) {
		d.problem(f.String(), "range", fmt.Sprintf("must be from %d to %d", low, high))
		return 0
	}
	return n
}

// list reads at most so many names, each held against the rule.
func (d *decoder) list(f field, most int, problem func(string) (rule, message string)) []string {
	names := []string{}
	a := array{}
	for d.item(&a, f.String()) {
		name := string(d.string("an element of " + f.String()))
		if a.n > most || d.err != nil {
			continue
		}
		if rule, message := problem(name); rule != "" {
			d.problem(fmt.Sprintf("%s[%d]", f, a.n-1), rule, message)
		}
		names = append(names, name)
	}
	if a.n > most {
		d.problem(f.String(), "max", fmt.Sprintf("must be at most %d", most))
	}
	return names
}

func collectionProblem(name string) (rule, message string) { return nameProblem(name, MaxCollection) }
