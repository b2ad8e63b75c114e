package engine_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// scenario 3: a cursor is good for its tenant, its user, its rights and its filter, and for nothing else.
func TestACursorHoldsForItsScopeAlone(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, other := h.node(), h.node()
		globex := h.addTenant("globex", "")
		u := h.user("u")
		for i := range 3 {
			h.put(n, u, set(fmt.Sprint("a/", i), `1`))
			h.put(n, callerOf(globex, "u", ""), set(fmt.Sprint("a/", i), `1`))
		}
		_, since := h.follow(n, u, engine.PullQuery{Prefix: "a/", Collections: []string{"x", models.Storage}})
		pull := func(n *node, c models.Caller, q engine.PullQuery) error {
			q.Since = since
			_, err := n.Pull(h.Context(), c, q)
			return err
		}
		same := engine.PullQuery{Prefix: "a/", Collections: []string{models.Storage, "x"}}
		h.ok(pull(n, u, same))
		h.ok(pull(other, h.device("u", "any"), same)) // scenario 15: the key is the database's
		narrow, all := u, u
		narrow.Reads, all.AllUsers = []models.Reach{{Collection: models.Storage, Key: "a/", Open: true}}, true
		for name, err := range map[string]error{
			"another prefix":      pull(n, u, engine.PullQuery{Prefix: "a", Collections: same.Collections}),
			"other collections":   pull(n, u, engine.PullQuery{Prefix: "a/", Collections: []string{"x"}}),
			"no filter":           pull(n, u, engine.PullQuery{}),
			"another tenant":      pull(n, callerOf(globex, "u", ""), same),
			"another user":        pull(n, h.user("v"), same),
			"all users":           pull(n, all, same),
			"narrower rights":     pull(n, narrow, same), // scenario 28
			"a prefix for a name": pull(n, u, engine.PullQuery{Collections: []string{"a/", "x", models.Storage}}),
		} {
			if reason := fault.From(err); err == nil || reason.Details["reason"] != "scope" {
				h.Errorf("%s: %v", name, err)
			}
		}
		h.ok(h.store.NewEpoch(h.Context(), h.tenant.ID, "another"))
		h.gone(pull(n, u, same), "epoch")
	})
}

// scenario 3, 15: what is no cursor of ours is malformed, and never more than that.
func TestGarbageIsNoCursor(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		for i := range 5 {
			h.put(n, u, set(fmt.Sprint(i), `1`))
		}
		rows, since := h.follow(n, u, engine.PullQuery{})
		list, err := n.List(h.Context(), u, engine.ListQuery{Limit: 2})
		h.ok(err)
		snap, err := n.Snapshot(h.Context(), u, engine.SnapshotQuery{Limit: 2})
		h.ok(err)
		raw, err := base64.RawURLEncoding.DecodeString(since)
		h.ok(err)
		bad := []string{"garbage", "!", "AAAA", since[1:], since + "A", since + "=", n.EventCursor(&rows[0]), list.NextPage, snap.NextPage, strings.Repeat("A", 1000)}
		for i := range raw {
			if i == 2 { // the key's name: an unknown key is another installation's
				continue
			}
			b := slices.Clone(raw)
			b[i] ^= 0x10
			bad = append(bad, base64.RawURLEncoding.EncodeToString(b))
		}
		for _, text := range bad {
			if _, err := n.Pull(h.Context(), u, engine.PullQuery{Since: text}); !fault.Is(err, fault.Malformed) {
				h.Errorf("pull since %.40s: %v", text, err)
			}
		}
		raw[2]++
		_, err = n.Pull(h.Context(), u, engine.PullQuery{Since: base64.RawURLEncoding.EncodeToString(raw)})
		h.gone(err, "epoch")
		for _, text := range []string{since, "garbage", n.EventCursor(&rows[0])} {
			_, err = n.List(h.Context(), u, engine.ListQuery{Page: text})
			h.is(err, fault.Malformed)
			_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Page: text})
			h.is(err, fault.Malformed)
		}
		_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Page: list.NextPage})
		h.gone(err, "scope")
		_, err = n.List(h.Context(), u, engine.ListQuery{Page: list.NextPage, Prefix: "1"})
		h.gone(err, "scope")
	})
}

// scenario 4: only pulling moves the pull cursor; the reply to a write carries none.
func TestAWriteReplyCarriesNoCursor(t *testing.T) {
	t.Parallel()
	h := onSQLite(t)
	n := h.node()
	r := h.put(n, h.user("u"), set("k", `1`))
	if r.Seq != 1 {
		t.Errorf("%+v", r)
	}
	for _, text := range [][]byte{protocol.AppendWrite(nil, r), protocol.AppendPushReply(nil, []protocol.Result{r}, "r", 1)} {
		if strings.Contains(string(text), "cursor") {
			t.Errorf("%s", text)
		}
	}
}
