// Package setup holds the pages that lead from the first administrator to the first client.
package setup

import (
	"strconv"
	"strings"

	"tidemark/views/ui"
)

// TenantProps describe the page of the first tenant, fresh or with its form come back.
type TenantProps struct {
	CSRF    string
	Name    string
	Slug    string
	Error   string
	Fields  map[string]string // what is wrong with which field
	Tenants []Tenant          // those that are there, such as the demo's
	More    int               // further ones that are not listed
}

// Tenant is one to make a key for.
type Tenant struct{ Name, Slug, Action string }

func (p TenantProps) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range []string{"name", "slug"} {
		if m := p.Fields[name]; m != "" {
			out = append(out, ui.FieldError{ID: name, Message: m})
		}
	}
	return out
}

// ConnectProps describe the page that a client is connected with.
type ConnectProps struct {
	CSRF      string
	Setup     bool   // it ends the setup of the installation
	Base      string // of the tenant's pages
	Action    string // makes a key
	Again     string // this page
	Stream    string // tells when a client connects
	Server    string // address for clients, such as wss://sync.example.com
	Suspended bool
	Settings  string // address of the tenant's settings
	Key       *Key   // nil: none was chosen
	Client    *Client
}

// Key is the key of the page.
type Key struct {
	Name   string
	Shown  string // what is shown of it afterwards
	Secret string // empty: it was shown before
	Save   string // where the form goes that answers the secret as a file
}

// Client is who came.
type Client struct {
	Name string // device or key
	User string
	How  string // such as Socket.IO
	At   int64  // ms
	Now  int64
}

const noSecret = "<your API key>" //nolint:gosec // a placeholder for people

func (p ConnectProps) secret() string {
	if p.Key == nil || p.Key.Secret == "" {
		return noSecret
	}
	return p.Key.Secret
}

// Snippet is the source document's own client with an address and a key.
func (p ConnectProps) Snippet() string {
	return strings.NewReplacer("SERVER", p.Server, "KEY", p.secret()).Replace(`import { io } from 'socket.io-client';

const socket = io('SERVER/sync', {
  auth: { apiKey: 'KEY' },
  query: {
    userId: 'user123',
    instanceId: 'browser-001'
  }
});

socket.on('pending-updates', (events) => console.log(events));
socket.on('sync:update', ({ key, value }) => console.log(key, value));
socket.emit('sync:set', { key: 'greeting', value: 'hello' });`)
}

// Curl is a first write over REST, as the same user.
func (p ConnectProps) Curl() string {
	return strings.NewReplacer("SERVER", "http"+strings.TrimPrefix(p.Server, "ws"), "KEY", p.secret()).Replace(`curl -X PUT SERVER/api/v1/sync-storage/item/greeting \
  -H 'X-API-Key: KEY' \
  -H 'X-User-Id: user123' \
  -H 'Content-Type: application/json' \
  -d '{"value": "hello from curl"}'`)
}

func (p ConnectProps) title() string {
	if p.Setup {
		return "Connect the first client"
	}
	return "Connect a client"
}

type step struct {
	name string
	done bool
	here bool
}

func steps(at int) []step {
	names := []string{"Administrator", "Tenant", "First client"}
	out := make([]step, 0, len(names))
	for i, name := range names {
		out = append(out, step{name: name, done: i+1 < at, here: i+1 == at})
	}
	return out
}

func moreText(n int) string { return strconv.Itoa(n) + " more" }
