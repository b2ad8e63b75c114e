package console

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"

	"tidemark/models"
	"tidemark/store"
	"tidemark/views/overview"
	"tidemark/views/ui"
)

const (
	keysSoon = 14 * 86_400_000 // ms; a key that ends within it is told of
	jobsLate = 7 * 86_400_000  // ms; a failed job is told of for so long
	nearPart = 10              // the last tenth of a limit is near it
)

// notices are what of a tenant needs attention, the gravest first.
func (c *Console) notices(ctx context.Context, t models.Tenant, o *store.Overview, now int64) ([]overview.Notice, error) {
	perUser := cmp.Or(o.Head.Limits.UserBytes, c.opt.Engine.MaxUserBytes())
	a, err := c.opt.Store.Attention(ctx, store.AttentionQuery{Head: o.Head, UserBytes: perUser - perUser/nearPart, KeysBefore: now + keysSoon, JobsSince: now - jobsLate})
	if err != nil {
		return nil, err
	}
	base, out := tenantOf(t).Href(), []overview.Notice(nil)
	add := func(when bool, n overview.Notice) {
		if when {
			out = append(out, n)
		}
	}
	add(t.Suspended, overview.Notice{Glyph: ui.GlyphPause, Bad: true, Count: "suspended", Text: "No client of this tenant can read or write until it is resumed.", Link: "Resume the tenant", Href: "/console/tenants/" + t.ID})
	add(a.FailedJobs > 0, overview.Notice{Glyph: ui.GlyphListChecks, Bad: true, Count: ui.Count(a.FailedJobs, "job", "jobs"), Text: "failed in the last seven days.", Link: "See the failed jobs", Href: "/console/system/jobs"})
	out = append(out, fullness(base, o.Head)...)
	add(o.OpenConflicts > 0, overview.Notice{
		Glyph: ui.GlyphGitMerge, Count: ui.Count(o.OpenConflicts, "conflict", "conflicts"), Text: ui.Plural(o.OpenConflicts, "waits", "wait") + " for a decision; the stored value stands until then.",
		Link: "Newest: \u2068" + a.Conflict.Key + "\u2069", Href: base + "/conflicts/" + a.Conflict.ID,
	})
	add(o.Lagging > 0, overview.Notice{
		Glyph: ui.GlyphClock, Count: ui.Count(o.Lagging, "device", "devices"), Text: "connected, but without what was written more than two minutes ago.",
		Link: "Devices that lag", Href: base + "/devices?state=lagging",
	})
	add(a.NearLimit > 0, overview.Notice{
		Glyph: ui.GlyphHardDrive, Count: ui.Count(a.NearLimit, "user", "users"), Text: fmt.Sprintf("used 90 %% or more of the %s each may store; at the limit writes are refused.", ui.Size(perUser)),
		Link: "Fullest: \u2068" + a.Fullest.ID + "\u2069", Href: base + "/storage?" + url.Values{"owner": {a.Fullest.ID}}.Encode(),
	})
	if n := int64(len(a.Expiring)); n > 0 {
		add(true, overview.Notice{
			Glyph: ui.GlyphKeyRound, Count: ui.Count(n, "API key", "API keys"), Text: fmt.Sprintf("about to expire: “\u2068%s\u2069” lets in until %s.", a.Expiring[0].Name, ui.Stamp(a.Expiring[0].ExpiresAt)),
			Link: "Review the keys", Href: base + "/api-keys",
		})
	}
	return out, nil
}

// fullness tells of a tenant that is near its own limits.
func fullness(base string, h models.Head) (out []overview.Notice) {
	of := func(used, limit int64, what string) {
		if limit <= 0 || used < limit-limit/nearPart {
			return
		}
		share := strconv.FormatInt(int64(float64(used)/float64(limit)*100), 10)
		out = append(out, overview.Notice{Glyph: ui.GlyphGauge, Bad: used >= limit, Count: share + " %", Text: "of the " + what + " this tenant may keep are used.", Link: "Review the storage", Href: base + "/storage"})
	}
	of(h.Usage.Bytes, h.Limits.Bytes, ui.Size(h.Limits.Bytes))
	of(h.Usage.Items, h.Limits.Items, ui.Count(h.Limits.Items, "item", "items"))
	return out
}
