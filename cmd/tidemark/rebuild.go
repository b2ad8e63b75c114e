package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// comparison is what came of replaying a tenant's log.
type comparison struct {
	Tenant    string   `json:"tenant"`
	Seq       int64    `json:"seq"`
	Items     int      `json:"items"` // live, by the log
	LogHash   string   `json:"logHash"`
	ItemsHash string   `json:"itemsHash"`
	Equal     bool     `json:"equal"`
	Differing []string `json:"differing,omitempty"` // owner, collection and key
	Rebuilt   int      `json:"rebuilt"`

	head   models.Head
	states map[store.ItemKey]state
	keys   []store.ItemKey
}

func (m *Main) rebuild(f *pflag.FlagSet) func(context.Context) error {
	verify := f.Bool("verify", false, "only compare")
	slug := f.String("tenant", "", "only this tenant's")
	return func(ctx context.Context) error {
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		tenants, err := s.Tenants(ctx)
		if *slug != "" && err == nil {
			tenants = make([]models.Tenant, 1)
			tenants[0], err = tenant(ctx, s, *slug)
		}
		if err != nil {
			return err
		}
		all := []comparison{}
		for _, t := range tenants {
			c, err := m.compare(ctx, s, t)
			if err == nil && !c.Equal && !*verify {
				err = c.rebuild(ctx, s)
			}
			if err != nil {
				return fmt.Errorf("tenant %s: %w", t.Slug, err)
			}
			all = append(all, c)
		}
		return m.report(all, *verify)
	}
}

func (m *Main) report(all []comparison, verify bool) error {
	rows := [][]string{{"TENANT", "SEQ", "ITEMS", "LOG", "STORE", ""}}
	differing := 0
	for _, c := range all {
		verdict := "equal"
		if !c.Equal {
			differing += len(c.keys)
			verdict = fmt.Sprintf("%d differ, %d rebuilt", len(c.keys), c.Rebuilt)
		}
		rows = append(rows, []string{c.Tenant, fmt.Sprint(c.Seq), fmt.Sprint(c.Items), c.LogHash[:12], c.ItemsHash[:12], verdict})
	}
	if err := m.say(map[string]any{"tenants": all, "equal": differing == 0}, table(rows)); err != nil {
		return err
	}
	if verify && differing > 0 {
		return fault.New(fault.Internal, "%s not what the log says; tidemark rebuild mends that", count(differing, "item"))
	}
	return nil
}

// compare replays a tenant's log up to its head and holds the live items
// against it. Items written meanwhile are left out on both sides.
func (m *Main) compare(ctx context.Context, s *store.Store, t models.Tenant) (comparison, error) {
	head, err := s.Head(ctx, t.ID)
	if err != nil {
		return comparison{}, err
	}
	now := m.Clock.Now().UnixMilli()
	states, err := replay(ctx, s, head)
	if err != nil {
		return comparison{}, err
	}
	inStore, err := standingItems(ctx, s, head, now)
	if err != nil {
		return comparison{}, err
	}
	byLog := living(states, now)
	c := comparison{Tenant: t.Slug, head: head, Seq: head.Seq, states: states}
	for _, k := range differing(byLog, inStore) {
		it, err := s.Item(ctx, t.ID, k)
		if err == nil && it.Seq > head.Seq { // moved on since
			delete(byLog, k)
			delete(inStore, k)
			continue
		}
		if err != nil && !absent(err) {
			return comparison{}, err
		}
		c.keys = append(c.keys, k)
		c.Differing = append(c.Differing, strings.Join([]string{k.Owner, k.Collection, k.Key}, " "))
	}
	c.Items, c.Equal = len(byLog), len(c.keys) == 0
	c.LogHash, c.ItemsHash = hashOf(byLog), hashOf(inStore)
	return c, nil
}

// rebuild writes the differing items as the log has them, and their owners'
// usage, in one transaction. Caches of running servers are told. When somebody
// has written since the comparison, nothing is done.
func (c *comparison) rebuild(ctx context.Context, s *store.Store) error {
	return s.Commit(ctx, func(tx *store.CommitTx) error {
		head, err := tx.LockHead(c.head.TenantID)
		if err != nil {
			return err
		}
		if head.Seq != c.head.Seq {
			return fault.New(fault.StaleEdit, "clients wrote meanwhile; run rebuild again, best while no server runs")
		}
		old, err := tx.LoadItems(head.TenantID, c.keys, false)
		if err != nil {
			return err
		}
		for _, k := range c.keys {
			if err := c.rewrite(tx, k, old); err != nil {
				return err
			}
		}
		if err := tx.UpsertUsers(c.usage()); err != nil {
			return err
		}
		compacted, err := tx.Compacted(head.TenantID)
		if err != nil {
			return err
		}
		c.Rebuilt = len(c.keys)
		return tx.SetCompacted(head.TenantID, compacted, true) // as after a purge, cached states are no longer good
	})
}

// rewrite puts one item right. What the log does not know becomes a tombstone.
func (c *comparison) rewrite(tx *store.CommitTx, k store.ItemKey, old []models.Item) error {
	var was models.Item
	for _, it := range old {
		if it.Owner == k.Owner && it.Collection == k.Collection && it.Key == k.Key {
			was = it
		}
	}
	next := was
	next.Deleted, next.Value, next.Metadata, next.Tags, next.Size, next.ExpiresAt = true, nil, nil, nil, 0, 0
	if st, known := c.states[k]; known {
		row, err := tx.ChangeAt(c.head.TenantID, st.seq)
		if err != nil {
			return err
		}
		next = itemOf(&row)
	}
	if err := tx.UpsertItems([]*models.Item{&next}); err != nil {
		return err
	}
	return tx.ReplaceTags(&next, was.Tags, next.Tags)
}

// usage is what the owners of differing items store, by the log.
func (c *comparison) usage() []*models.User {
	users := map[string]*models.User{}
	for _, k := range c.keys {
		users[k.Owner] = &models.User{TenantID: c.head.TenantID, ID: k.Owner}
	}
	for k, st := range c.states {
		if u := users[k.Owner]; u != nil && !st.removed {
			u.Bytes += st.size
			u.Items++
		}
	}
	rows := make([]*models.User, 0, len(users))
	for _, u := range users {
		rows = append(rows, u)
	}
	return rows
}
