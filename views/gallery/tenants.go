package gallery

import (
	"github.com/a-h/templ"

	"tidemark/views/layout"
	"tidemark/views/tenants"
	"tidemark/views/ui"
)

func sampleRows() []tenants.Row {
	const day = 86_400_000
	return []tenants.Row{
		{
			ID: "01JDA2Q8M3X7Y5T4A000000001", Slug: "northwind", Name: "Northwind Field Ops", Href: "/console/t/northwind", Version: 7, ChangedAt: now - 400, Now: now,
			Usage: tenants.Usage{Items: 128_340, MaxItems: 200_000, Bytes: 48_210_331, MaxBytes: 50 << 20, Users: 412, Devices: 1_000, ManyDevices: true},
		},
		{
			ID: "01JDA2Q8M3X7Y5T4A000000002", Slug: "globex", Name: "Globex", Href: "/console/t/globex", Version: 2, Suspended: true, ChangedAt: now - 3_600_000, Now: now,
			Usage: tenants.Usage{Items: 4_917, Bytes: 1_204_331, Users: 12, Devices: 31},
		},
		{ID: "01JDA2Q8M3X7Y5T4A000000003", Slug: "hostile", Name: hostile + long, Href: "/console/t/hostile", Version: 1, Now: now, Usage: tenants.Usage{MaxItems: 10, MaxBytes: 1 << 50}},
		{
			ID: "01JDA2Q8M3X7Y5T4A000000004", Slug: "huge", Name: "Huge", Href: "/console/t/huge", Version: 1, ChangedAt: now - 90*day, Now: now,
			Usage: tenants.Usage{Items: 998_120_341, MaxItems: 1_000_000_000, Bytes: 9 << 40, Users: 12_000_123, Devices: 1_000, ManyDevices: true},
		},
	}
}

func trashRows() []tenants.Row {
	rows := sampleRows()[1:]
	for i := range rows {
		rows[i].TrashedAt = now - int64(i+1)*3_600_000
	}
	rows[2].Deleting = "/console/gallery/tenant-deleting"
	rows[1].Deleting, rows[1].Halted = "/console/gallery/tenant-delete-stopped", true
	return rows
}

func tenantPages() []PageState {
	list := func(p tenants.Props) templ.Component {
		p.Self = "/console/tenants"
		return tenants.Page(p)
	}
	rows := sampleRows()
	return append([]PageState{
		shelled("tenants-none", "Tenants", "tenants", list(tenants.Props{})),
		shelled("tenants-one", "Tenants", "tenants", list(tenants.Props{Open: 1, Rows: rows[:1]})),
		shelled("tenants-many", "Tenants", "tenants", list(tenants.Props{Open: 1_204, Gone: 3, Rows: rows, First: "/console/tenants", Next: "/console/tenants?after=huge"})),
		shelled("tenants-no-match", "Tenants", "tenants", list(tenants.Props{Open: 4, Text: hostile})),
		shelled("tenants-trash", "Tenants", "tenants", list(tenants.Props{Open: 4, Gone: 3, Trash: true, Rows: trashRows()})),
		shelled("tenants-trash-empty", "Tenants", "tenants", list(tenants.Props{Open: 4, Trash: true})),
		{Name: "long-names", Title: hostile, In: func(f layout.Frame) templ.Component {
			s := sampleShell(f)
			s.Switcher.Now, s.Crumbs = &sampleTenants[3], []layout.Crumb{{Label: long, Href: "/console"}, {Label: "Devices", Href: "/console"}}
			s.Person = layout.Person{Name: long, Email: hostile, Role: "Administrator"}
			return layout.Within(layout.Page(s), list(tenants.Props{Open: 3, Rows: rows}))
		}},
	}, append(append(tenantForms(), encryptions()...), deletions()...)...)
}

func tenantForms() []PageState {
	known := func(i int) *tenants.Known {
		return &tenants.Known{Row: sampleRows()[i], CreatedAt: now - 90*86_400_000}
	}
	values := tenants.Values{Name: "Northwind Field Ops", Strategy: "LAST_WRITE_WINS", Days: "90", Items: "200000", Megabytes: "50"}
	wrong := tenants.FormProps{Values: tenants.Values{Slug: "No Slug", Name: hostile, Days: "x", Items: "-1"}, Error: "Not everything is right yet", Fields: map[string]string{
		"slug": "The slug must be 1 to 63 of a-z, 0-9 and -, and not begin or end with -.", "retentionDays": "The retention must be a number from 1 to 3,650.", "maxItems": "The limit of items must be a number from 0 to 1,125,899,906,842,624.",
	}}
	restricted := tenants.FormProps{Known: known(0), Version: 7, Values: values, Default: "100", Cuts: 12}
	restricted.Values.From = ui.Restrictions{IPs: "203.0.113.0/24\n2001:db8::/32", Domains: "*.northwind.example", NoPlaces: true}
	late := tenants.FormProps{Known: known(0), Version: 7, Values: values, Default: "100", TooLate: true, Standing: map[string]string{"name": "Northwind Ltd", "maxItems": ""}, Stale: []tenants.Change{
		{Who: "Ben Ito", What: "changed the name from “Northwind Field Ops” to “Northwind Ltd”; the limit of items from 200,000 to none", At: now - 20_000},
		{Who: hostile, What: "suspended it", At: now - 600_000},
	}}
	return []PageState{
		shelled("tenant-new", "New tenant", "tenants", tenants.Form(tenants.FormProps{Values: tenants.Values{Days: "30"}, Default: "100"})),
		shelled("tenant-wrong", "New tenant", "tenants", tenants.Form(wrong)),
		shelled("tenant-edit", "Northwind Field Ops", "tenants", tenants.Form(tenants.FormProps{Known: known(0), Version: 7, Values: values, Default: "100"})),
		shelled("tenant-suspended", "Globex", "tenants", tenants.Form(tenants.FormProps{Known: known(1), Version: 2, Values: tenants.Values{Name: "Globex", Days: "30"}})),
		shelled("tenant-hostile", hostile, "tenants", tenants.Form(tenants.FormProps{Known: known(2), Version: 1, Values: tenants.Values{Name: hostile + long, Days: "30"}})),
		shelled("tenant-restricted", "Northwind Field Ops", "tenants", tenants.Form(restricted)),
		shelled("tenant-too-late", "Northwind Field Ops", "tenants", tenants.Form(late)),
	}
}

func encryptions() []PageState {
	at := func(p tenants.EncryptionProps) tenants.EncryptionProps {
		p.Now, p.Version = now, 7
		if p.Row.ID == "" {
			p.Row = sampleRows()[0]
		}
		return p
	}
	going := tenants.EncryptionProps{
		Mode: tenants.EncryptSome, Patterns: "storage/card_*\nnotes/*", Key: 2, KeyAt: now - 40*86_400_000,
		Job: &tenants.EncryptionJob{State: ui.JobState{Status: "open"}, Done: 61_500, Total: 258_000, UpdatedAt: now - 1000},
	}
	wrong := tenants.EncryptionProps{
		Row: sampleRows()[2], Mode: tenants.EncryptSome, Patterns: long, Error: "Not everything is right yet", Wrong: "The patterns must be a collection, a slash and a key.",
		Key: 1, KeyAt: now - 86_400_000, Job: &tenants.EncryptionJob{State: ui.JobState{Status: "failed"}, Done: 3, Total: 9, UpdatedAt: now - 60_000, Error: hostile},
	}
	return []PageState{
		shelled("tenant-encryption", "Encryption at rest", "tenants", tenants.Encryption(at(going))),
		shelled("tenant-encryption-none", "Encryption at rest", "tenants", tenants.Encryption(at(tenants.EncryptionProps{Mode: tenants.EncryptNothing, NoMaster: true}))),
		shelled("tenant-encryption-wrong", "Encryption at rest", "tenants", tenants.Encryption(at(wrong))),
		shelled("tenant-encryption-late", "Encryption at rest", "tenants", tenants.Encryption(at(tenants.EncryptionProps{Mode: tenants.EncryptAll, TooLate: true}))),
	}
}

func deletions() []PageState {
	ask := ui.ConfirmProps{
		Action: "/console/tenants/x/delete", Title: "Delete \u2068" + hostile + "\u2069 for good?", Text: "All of it goes and nothing of it can be brought back. Its audit stays, and its slug is free again.",
		Effects: []string{"128,340 items with 46.0 MB, their history and their tags", "412 users", "3 API keys that still work", "more than 100,000 devices", "14 conflicts"},
		Word:    "northwind", Button: "Delete for good", Cancel: "/console/tenants?trash=1",
	}
	again := ask
	again.Typed, again.Error = "northwin", "This is not its slug."
	going := tenants.DeletionProps{
		Name: hostile, Slug: "northwind", Done: 61_500, Total: 258_000, Again: "/console", Self: "/console/gallery/tenant-deleted", Asked: "Amina Haddad", Since: now - 12_000, Now: now,
		Gone: []tenants.Gone{{Label: "Items", N: 61_000}, {Label: "Tags of items", N: 500}},
	}
	waits, stopping, stopped, spared, over, failed := going, going, going, going, going, going
	waits.Done, waits.Gone, waits.Waits = 0, nil, true
	stopping.Stopping = true
	stopped.State, spared.State, spared.Done, spared.Gone = tenants.Stopped, tenants.Stopped, 0, nil
	over.Done, over.State = 258_000, tenants.Deleted
	failed.State, failed.Problem = tenants.Failed, "Something went wrong on our side."
	return []PageState{
		shelled("tenant-delete", "Delete", "tenants", ui.Confirm(ask)),
		shelled("tenant-delete-wrong", "Delete", "tenants", ui.Confirm(again)),
		shelled("tenant-deleting", "Deleting", "tenants", tenants.Deletion(going)),
		shelled("tenant-delete-waits", "Deleting", "tenants", tenants.Deletion(waits)),
		shelled("tenant-delete-stopping", "Deleting", "tenants", tenants.Deletion(stopping)),
		shelled("tenant-delete-stopped", "Deleting", "tenants", tenants.Deletion(stopped)),
		shelled("tenant-delete-spared", "Deleting", "tenants", tenants.Deletion(spared)),
		shelled("tenant-deleted", "Deleted", "tenants", tenants.Deletion(over)),
		shelled("tenant-delete-failed", "Deleting", "tenants", tenants.Deletion(failed)),
	}
}
