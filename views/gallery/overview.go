package gallery

import (
	"tidemark/views/overview"
	"tidemark/views/ui"
)

func overviewPages() []PageState {
	busy := overview.Props{Base: "/console/gallery/overview", Stream: "/console/gallery/overview/stream", Activity: "/console/gallery/activity", Recent: changes(8), Notices: notices[2:], Numbers: overview.Numbers{
		Now: now, Items: 128_340, Users: 412, Bytes: 48_210_331, OpenConflicts: 14, Devices: 5_229, Connected: 4_917, Live: 4_931, CatchingUp: 12, Lagging: 3, Seq: 1_048_210, LastAt: now - 400, Floor: 12_400, PerMinute: wave(60, 1300),
		Past: overview.Past{Items: []int64{128_100, 128_180, 128_181, 128_260, 128_340}, Connected: wave(24, 90), OpenConflicts: []int64{11, 11, 12, 14}},
	}}
	empty := overview.Props{Base: busy.Base, Stream: busy.Stream, Activity: busy.Activity, Numbers: overview.Numbers{Now: now, PerMinute: make([]int64, 60)}, Example: "tidemark apikey create --tenant acme --name first\n\ncurl -X PUT http://127.0.0.1:3000/api/v1/sync-storage/item/hello \\\n  -H 'X-API-Key: <the key it printed>' \\\n  -d '{\"value\": \"world\"}'"}
	still := busy
	still.Notices, still.Numbers.PerMinute, still.Numbers.LastAt, still.Numbers.OpenConflicts = nil, make([]int64, 60), now-145*86_400_000, 0
	paused := busy
	paused.Paused = true
	suspended := busy
	suspended.Suspended, suspended.Notices, suspended.Recent = true, notices, append(changes(2), hostileRow)
	return []PageState{
		shelled("overview", "Overview", "overview", overview.Page(busy)),
		shelled("overview-empty", "Overview", "overview", overview.Page(empty)),
		shelled("overview-still", "Overview", "overview", overview.Page(still)),
		shelled("overview-paused", "Overview", "overview", overview.Page(paused)),
		shelled("overview-suspended", "Overview", "overview", overview.Page(suspended)),
	}
}

var notices = []overview.Notice{
	{Glyph: ui.GlyphPause, Bad: true, Count: "suspended", Text: "No client of this tenant can read or write until it is resumed.", Link: "Resume the tenant", Href: "/console/tenants"},
	{Glyph: ui.GlyphListChecks, Bad: true, Count: "2 jobs", Text: "failed in the last seven days.", Link: "See the failed jobs", Href: "/console/system/jobs"},
	{Glyph: ui.GlyphGitMerge, Count: "14 conflicts", Text: "wait for a decision; the stored value stands until then.", Link: "Newest: work_orders/WO-20418", Href: "/console/gallery/overview"},
	{Glyph: ui.GlyphClock, Count: "3 devices", Text: "connected, but without what was written more than two minutes ago.", Link: "Devices that lag", Href: "/console/gallery/devices"},
	{Glyph: ui.GlyphHardDrive, Count: "1 user", Text: "used 90 % or more of the 100 MB each may store; at the limit writes are refused.", Link: "Fullest: \u2068" + hostile + long + "\u2069", Href: "/console/gallery/overview"},
	{Glyph: ui.GlyphKeyRound, Count: "1 API key", Text: "about to expire: “\u2068" + hostile + "\u2069” lets in until 2 Nov 2026, 09:00:00 UTC.", Link: "Review the keys", Href: "/console/gallery/overview"},
}
