package gallery

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"tidemark/views/activity"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

// now is the moment of all samples: 22 Nov 2026, 11:42:08 UTC.
const now = int64(1_795_347_728_000)

var sampleTenants = []layout.Tenant{{Slug: "northwind", Name: "Northwind Field Ops"}, {Slug: "acme", Name: "Acme"}, {Slug: "globex", Name: "Globex", Suspended: true}, {Slug: "long", Name: long}}

func sampleShell(f layout.Frame) layout.Shell {
	return layout.Shell{
		Frame: f, Active: "overview", Person: layout.Person{Name: "Amina Haddad", Email: "amina@example.com", Role: "Administrator"},
		Switcher: layout.Switcher{Now: &sampleTenants[0], Tenants: sampleTenants}, Groups: layout.TenantNav("northwind"),
	}
}

// at is the frame at the moment of the samples.
func at(f layout.Frame) layout.Frame {
	f.Now = now
	return f
}

// changes are n sample rows, newest first.
func changes(n int) []ui.ActivityRowProps {
	keys := []string{"work_orders/WO-20418", "settings/routing.rules", "inspections/IN-7731/photos", "customers/c_3391", "stock/GK-14@van-07", "notes"}
	users := []string{"dana.okafor", "luis.ferreira", "sofia.lindqvist"}
	doors := []string{"Socket.IO", "REST", "WebSocket"}
	out := make([]ui.ActivityRowProps, 0, n)
	for i := range n {
		out = append(out, ui.ActivityRowProps{
			Seq: int64(48_210 - i), Removed: i%7 == 4, Key: keys[i%len(keys)], User: users[i%len(users)], Source: fmt.Sprintf("tablet-%02d", i%9+1),
			Href: "/console/gallery/item", Device: "/console/gallery/device",
			Door: doors[i%len(doors)], Version: int64(i%13 + 1), Size: int64(180 + i*i*37%9000), At: now - int64(i*i*900+400), Now: now,
		})
	}
	return out
}

var hostileRow = ui.ActivityRowProps{Seq: 1, Key: strings.Repeat(hostile, 4), User: hostile, Source: hostile, Href: "/console/gallery/item?key=%3Cscript%3E", Device: "/console/gallery/device-hostile", Door: "REST", Version: 1_000_000, Size: 10 << 30, At: now - 40*86_400_000, Now: now}

func table(rows ...ui.ActivityRowProps) templ.Component {
	return holding(ui.Table(ui.TableProps{Label: "Changes", Columns: ui.ActivityColumns()}), activity.Rows(rows))
}

func data() []Entry {
	card := ui.CardProps{ID: "g-card", Title: "Recent activity", Sub: "newest first", Flush: true, Aside: ui.TextLink("/console", "All activity")}
	return []Entry{
		{"Data", "Card", holding(ui.Card(ui.CardProps{ID: "g-plain", Title: "Storage and log", Sub: "what this tenant keeps"}), text("Content"))},
		{"Data", "Card with a Table of ActivityRows", holding(ui.Card(card), table(changes(5)...))},
		{"Data", "ActivityRow, long and hostile", table(hostileRow)},
		{"Data", "Table, no rows", table()},
		{"Data", "ActivityRows with a gap", holding(ui.Table(ui.TableProps{Label: "Changes with a gap", Columns: ui.ActivityColumns()}), activity.Gap("1", 1204))},
		{"Data", "Meter", holding(stack(), ui.Meter(ui.MeterProps{Label: "Storage used", Used: 12, Limit: 100}), ui.Meter(ui.MeterProps{Label: "Requests today", Used: 71, Limit: 100}), ui.Meter(ui.MeterProps{Label: "Keys", Used: 930, Limit: 1000}), ui.Meter(ui.MeterProps{Label: "No limit", Used: 5}))},
		{"Data", "Share", ui.Share(ui.MeterProps{Label: "Share of DE", Used: 91, Limit: 100})},
		{"Data", "PaletteList", listbox(layout.PaletteList(layout.PaletteOf(layout.TenantNav("northwind"), sampleTenants, "")))},
		{"Data", "PaletteList, nothing found", listbox(layout.PaletteList(nil))},
	}
}

func charts() []Entry {
	chart := ui.BarChartProps{ID: "g-bars", Finding: "1,830 changes, most at 11:20", Head: "Minute", Unit: "Changes", Every: 10, Until: "now"}
	for i, v := range wave(60, 64) {
		chart.Bars = append(chart.Bars, ui.Bar{Label: fmt.Sprintf("11:%02d", i), Value: v})
	}
	quiet := ui.BarChartProps{ID: "g-quiet", Finding: "No changes in the last hour", Head: "Minute", Unit: "Changes", Every: 1, Bars: []ui.Bar{{Label: "11:00"}, {Label: "11:01"}}}
	still := quiet
	still.Quiet = text("Nothing was written in the last hour.")
	return []Entry{
		{"Charts", "KPICard", ui.KPICard(ui.KPIProps{ID: "g-k1", Label: "Changes, last minute", Value: "1,284", Unit: "≈ 21.4/s", Note: "38,602 in the last hour", Series: wave(60, 1300)})},
		{"Charts", "KPICard, to look at", ui.KPICard(ui.KPIProps{ID: "g-k2", Label: "Open conflicts", Value: "14", Note: "writes that wait for a decision", Badge: &ui.BadgeProps{Tone: ui.Warn, Label: "to review", Glyph: ui.GlyphGitMerge}})},
		{"Charts", "KPICard, nothing", ui.KPICard(ui.KPIProps{ID: "g-k3", Label: "Items", Value: "0", Note: "of 0 users"})},
		{"Charts", "KPICard, huge", ui.KPICard(ui.KPIProps{ID: "g-k4", Label: "Items", Value: ui.Comma(9_223_372_036_854_775_807), Note: long})},
		{"Charts", "BarChart with its ChartTable", holding(stack(), ui.BarChart(chart), ui.ChartTable(chart))},
		{"Charts", "BarChart, nothing", ui.BarChart(quiet)},
		{"Charts", "BarChart, quiet", ui.BarChart(still)},
		{"Charts", "ChartRows", ui.ChartRows(quiet)},
		{"Charts", "Spark", holding(row(), ui.Spark(wave(28, 40)), ui.Spark([]int64{0, 0, 0}), ui.Spark([]int64{5}))},
	}
}

func states() []Entry {
	empty := ui.EmptyStateProps{Glyph: ui.GlyphInbox, Title: "Nothing has been written yet", Text: "Every change appears here the moment it is committed."}
	return []Entry{
		{"States", "EmptyState", holding(ui.EmptyState(empty), ui.LinkButton(ui.ButtonProps{Label: "Clear filter", Href: "/console"}))},
		{"States", "ErrorState", holding(ui.ErrorState("The numbers could not be read", "The database does not answer. The rest of the page works."), ui.Button(ui.ButtonProps{Label: "Try again", Glyph: ui.GlyphRefreshCw}))},
		{"States", "Skeleton", ui.Skeleton(4)},
		{"States", "Toast", holding(stack(), ui.Toast(ui.ToastProps{Text: "Saved.", Tone: ui.OK}), ui.Toast(ui.ToastProps{Text: "The server cannot be reached. Nothing was changed.", Tone: ui.Bad}), ui.Toast(ui.ToastProps{Text: long, Tone: ui.Info}), ui.Toast(ui.ToastProps{Text: hostile, Tone: ui.Warn}))},
		{"States", "LiveBadge", holding(stack(), liveIn("off"), liveIn("on"), liveIn("lost"), liveIn("paused"), liveIn("ended"))},
		{"States", "Pause", holding(row(), ui.Pause("/console?paused=1", false), ui.Pause("/console", true))},
	}
}

// wave is a series that looks like a day's work, the same every time.
func wave(n int, top int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		x := int64(i)
		out[i] = top/3 + (x*x*7+x*31)%(top/3+1) + top*x/int64(3*n)
	}
	return out
}
