package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// fleet saves n devices of three users; every third is away, and the marks go up.
func fleet(t *testing.T, s *store.Store, tenantID string, n int) {
	t.Helper()
	out := make([]models.Instance, n)
	for i := range out {
		out[i] = models.Instance{
			TenantID: tenantID, UserID: fmt.Sprint("u", i%3), ID: fmt.Sprintf("d%05d", i), Node: "n", Mark: int64(i), ConnectedAt: int64(1000 + i/2),
			Address: "10.0.0.1", UserAgent: fmt.Sprintf("Agent/%d 100%%", i),
		}
		if i%3 != 0 {
			out[i].ConnID = uint64(i)
		}
	}
	wantFault(t, s.SaveInstances(t.Context(), out), "")
}

// walk reads all pages of a list.
func walk(t *testing.T, s *store.Store, q store.DeviceQuery) (ids []string) {
	t.Helper()
	for range 200 {
		page := must[store.DevicePage](t)(s.Devices(t.Context(), q))
		for _, d := range page.Devices {
			ids = append(ids, d.ID)
		}
		if page.Next == nil {
			return ids
		}
		q.After = page.Next
	}
	t.Fatal("the list has no end")
	return nil
}

func TestAListOfDevicesHasEachOnceInItsOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		fleet(t, s, "t", 40)
		fleet(t, s, "other", 3)
		some := func(fits func(i int) bool) (ids []string) {
			for i := range 40 {
				if fits(i) {
					ids = append(ids, fmt.Sprintf("d%05d", i))
				}
			}
			return ids
		}
		all := func(int) bool { return true }
		newest := some(all)
		slices.SortFunc(newest, func(a, b string) int { // of two that connected at once, the user that comes last
			number := func(id string) (n int) { _, _ = fmt.Sscanf(id, "d%d", &n); return n }
			i, j := number(a), number(b)
			if i/2 != j/2 {
				return j/2 - i/2
			}
			return j%3 - i%3
		})
		byUser := slices.Concat(some(func(i int) bool { return i%3 == 0 }), some(func(i int) bool { return i%3 == 1 }), some(func(i int) bool { return i%3 == 2 }))
		for name, c := range map[string]struct {
			q    store.DeviceQuery
			want []string
		}{
			"newest first":     {store.DeviceQuery{}, newest},
			"furthest behind":  {store.DeviceQuery{Sort: store.DevicesBehind}, some(all)},
			"by user":          {store.DeviceQuery{Sort: store.DevicesByUser}, byUser},
			"connected":        {store.DeviceQuery{State: store.DevicesConnected, Sort: store.DevicesBehind}, some(func(i int) bool { return i%3 != 0 })},
			"away, by user":    {store.DeviceQuery{State: store.DevicesAway, Sort: store.DevicesByUser}, some(func(i int) bool { return i%3 == 0 })},
			"lagging":          {store.DeviceQuery{State: store.DevicesLagging, Behind: 10}, some(func(i int) bool { return i%3 != 0 && i < 10 })},
			"of a user":        {store.DeviceQuery{User: "u2"}, some(func(i int) bool { return i%3 == 2 })},
			"of nobody":        {store.DeviceQuery{User: "U2"}, nil},
			"with a text":      {store.DeviceQuery{Text: "AGENT/1", Sort: store.DevicesBehind}, some(func(i int) bool { return i == 1 || i >= 10 && i < 20 })},
			"with a wild card": {store.DeviceQuery{Text: "7_", Sort: store.DevicesBehind}, nil},
			"with a per cent":  {store.DeviceQuery{Text: "/7 100%", Sort: store.DevicesBehind}, some(func(i int) bool { return i == 7 })},
		} {
			c.q.TenantID, c.q.Limit = "t", 7
			if d := cmp.Diff(c.want, walk(t, s, c.q)); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
		}
		if n := must[store.DeviceCounts](t)(s.DeviceCounts(t.Context(), "t", 10)); n != (store.DeviceCounts{All: 40, Connected: 26, Lagging: 6}) {
			t.Errorf("%+v", n)
		}
	})
}

func TestASearchForDevicesLooksAtABoundedStretch(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		fleet(t, s, "t", 2600)
		q := store.DeviceQuery{TenantID: "t", Text: "Agent/2500 ", Sort: store.DevicesBehind, Limit: 50}
		page := must[store.DevicePage](t)(s.Devices(t.Context(), q))
		if len(page.Devices) != 0 || !page.Partial || page.Next == nil || page.Next.At != 1999 {
			t.Fatalf("%+v", page)
		}
		q.After = page.Next
		page = must[store.DevicePage](t)(s.Devices(t.Context(), q))
		if len(page.Devices) != 1 || page.Devices[0].ID != "d02500" || page.Partial || page.Next != nil {
			t.Errorf("%+v", page)
		}
	})
}

func TestADeviceIsForgottenUntilItIsTakenAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		ctx := store.As(t.Context(), store.Author{Actor: "account:1", Address: "10.0.0.9", RequestID: "r"})
		phone := models.Instance{TenantID: "t", UserID: "u", ID: "phone", Node: "a", ConnID: 7, Mark: 9}
		wantFault(t, s.TakeInstances(ctx, "a", []models.Instance{phone}), "")
		wantFault(t, s.EndConnection(ctx, "t", "u", "Phone", "unavailable"), fault.NotFound)
		wantFault(t, s.EndConnection(ctx, "x", "u", "phone", "unavailable"), fault.NotFound)
		wantFault(t, s.EndConnection(ctx, "t", "u", "phone", "unavailable"), "")
		if got := must[[]store.Ended](t)(s.Ended(ctx, "a")); len(got) != 1 || got[0] != (store.Ended{ConnID: 7, Code: "unavailable"}) {
			t.Errorf("the node is told of %v", got)
		}
		wantFault(t, s.Forget(ctx, "t", "u", "phone", "unavailable"), "")
		wantFault(t, s.Forget(ctx, "t", "u", "phone", "unavailable"), fault.NotFound)
		if got := must[[]store.Ended](t)(s.Ended(ctx, "a")); len(got) != 1 {
			t.Errorf("the node is told of %v", got)
		}
		gone := func() {
			t.Helper()
			_, err := s.Device(ctx, "t", "u", "phone")
			wantFault(t, err, fault.NotFound)
			if n := must[store.DeviceCounts](t)(s.DeviceCounts(ctx, "t", 100)); n.All != 0 || len(walk(t, s, store.DeviceQuery{TenantID: "t", Limit: 5})) != 0 || len(must[[]models.Instance](t)(s.Instances(ctx, "t", "", 5))) != 0 {
				t.Errorf("it is still listed: %+v", n)
			}
		}
		gone()
		wantFault(t, s.SaveInstances(ctx, []models.Instance{phone}), "") // what its node still knew
		gone()
		back := phone
		back.Mark, back.ConnID, back.FirstSeenAt = 20, 8, clock.Millis(c)
		wantFault(t, s.TakeInstances(ctx, "a", []models.Instance{back}), "")
		if d := must[models.Instance](t)(s.Device(ctx, "t", "u", "phone")); d.Mark != 20 || d.ConnID != 8 || d.FirstSeenAt != back.FirstSeenAt {
			t.Errorf("%+v", d)
		}
		back.ConnID = 0
		wantFault(t, s.SaveInstances(ctx, []models.Instance{back}), "")
		wantFault(t, s.EndConnection(ctx, "t", "u", "phone", "unavailable"), fault.Invalid)
		var acts []string
		for _, e := range must[[]models.AuditEntry](t)(s.AuditEntries(ctx, "t", "", 10)) {
			acts = append(acts, e.Action+" "+e.Object+" "+e.Actor+" "+e.RequestID)
		}
		if d := cmp.Diff([]string{"device.forget phone account:1 r", "device.disconnect phone account:1 r"}, acts); d != "" {
			t.Error(d)
		}
	})
}

func TestTheDevicesConnectedWithAKeyAreCountedOverNodes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		take := func(node, tenant, id, key string) {
			t.Helper()
			wantFault(t, s.TakeInstances(ctx, node, []models.Instance{{TenantID: tenant, UserID: "u", ID: id, Node: node, KeyID: key, ConnID: 1 << 63}}), "")
		}
		count := func(key string, want int64) {
			t.Helper()
			if n := must[int64](t)(s.ConnectedWith(ctx, "t", key)); n != want {
				t.Errorf("%s: %d, want %d", key, n, want)
			}
		}
		take("a", "t", "phone", "k")
		take("a", "t", "desk", "k")
		take("a", "t", "watch", "other")
		take("b", "t", "tablet", "k")
		take("b", "elsewhere", "tablet", "k")
		count("k", 3)
		count("K", 0)
		take("b", "t", "phone", "other") // it came back with another key
		wantFault(t, s.Forget(ctx, "t", "u", "desk", ""), "")
		count("k", 1)
		count("other", 2)
		wantFault(t, s.Disconnect(ctx, "b"), "")
		count("k", 0)
	})
}

func TestWhatWaitsForDevicesIsCountedToABound(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		logged(t, s, acme.ID, make([]int64, 30)) // alice's
		of := func(user string, mark int64) models.Instance {
			return models.Instance{TenantID: acme.ID, UserID: user, Mark: mark}
		}
		got := must[[]int64](t)(s.Waiting(t.Context(), []models.Instance{of("alice", 30), of("alice", 25), of("alice", 0), of("bob", 0)}, 20))
		if d := cmp.Diff([]int64{0, 5, 20, 0}, got); d != "" {
			t.Error(d)
		}
		if got := must[[]int64](t)(s.Waiting(t.Context(), nil, 20)); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}
