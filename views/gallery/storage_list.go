package gallery

import (
	"fmt"

	"tidemark/views/storage"
)

const storageBase = "/console/gallery/storage"

// storageListPages are the states of the list of items, of what is done to many of them, and of jobs.
func storageListPages() []PageState {
	return append(append(append(storageLists(), storageBulks()...), storageClears()...), storageJobs()...)
}

var storageLinks = storage.ListLinks{
	Folders: storageBase, List: "/console/gallery/storage-list", New: storageBase, Import: "/console/gallery/storage-import", Export: storageBase,
	Jobs: "/console/gallery/storage-jobs", Bulk: storageBase,
}

func storageRows(n int) []storage.Row {
	var out []storage.Row
	for i := range n {
		key := fmt.Sprintf("orders/2026/%04d", 7*i)
		r := storage.Row{
			Href: storageBase, Label: key, Title: key, Select: fmt.Sprintf(`["u-%d",%q]`, i/3, key), Owner: fmt.Sprintf("u-%d", i/3), OwnerHref: storageBase,
			Size: int64(97 * (i + 1)), Version: int64(1 + i%5), ChangedAt: now - int64(i)*731_000, By: []string{"", "phone-7", "tablet-2"}[i%3],
		}
		if i%4 == 0 {
			r.Tags = []storage.Step{{Label: "paid", Href: storageBase}, {Label: "2026", Href: storageBase}}
		}
		switch i {
		case 2:
			r.ExpiresAt = now + 7_200_000
		case 5:
			r.Removed, r.Select = true, ""
		case 6:
			r.Expired, r.Select = true, ""
		}
		out = append(out, r)
	}
	return out
}

var hostileItem = storage.Row{
	Href: storageBase, Label: hostile + long, Title: hostile + long, Select: `["x","y"]`, Owner: hostile, OwnerHref: storageBase, Size: 12, Version: 9_999_999,
	ChangedAt: now, By: hostile, Tags: []storage.Step{{Label: hostile, Href: storageBase}, {Label: long, Href: storageBase}},
}

func storageLists() []PageState {
	page := func(name string, p storage.ListProps) PageState {
		p.Base, p.Now = storageBase, now
		if p.Links == (storage.ListLinks{}) {
			p.Links = storageLinks
		}
		return shelled(name, "Storage", "storage", storage.ListPage(p))
	}
	more := storageLinks
	more.First, more.Prev, more.Next, more.Clear = storageBase, storageBase, storageBase, storageBase
	ofUser := storageLinks
	ofUser.Clear, ofUser.Wipe = storageBase, storageBase
	all := []storage.Step{{Label: "All users", Href: storageBase}}
	in := append(all, storage.Step{Label: "u-17", Href: storageBase}, storage.Step{Label: "orders/", Href: storageBase})
	users := []storage.Row{{User: true, Href: storageBase, Label: "u-17", Title: "u-17", Items: 1204, Size: 3_355_443}, {User: true, Href: storageBase, Label: hostile, Title: hostile, Items: 1, Size: 12}}
	folders := []storage.Row{{Folder: true, Href: storageBase, Label: "2025/", Title: "orders/2025/", Note: "1,000+ items"}, {Folder: true, Href: storageBase, Label: "2026:", Title: "orders/2026:", Note: "1 item"}}
	list := storage.Filter{View: "list", Sort: "key"}
	filtered := storage.Filter{View: "list", Sort: "changed", Prefix: "orders/", Tag: "paid", Size: "1024", Age: "within-7d", Deleted: "with"}
	return []PageState{
		page("storage", storage.ListProps{Filter: storage.Filter{View: "folders", Sort: "key"}, Path: all, Rows: users, Links: more}),
		page("storage-folders", storage.ListProps{Filter: storage.Filter{View: "folders", Sort: "key", Owner: "u-17", Prefix: "orders/"}, Path: in, Rows: append(folders, storageRows(6)...), Links: more}),
		page("storage-user", storage.ListProps{Filter: storage.Filter{View: "folders", Sort: "key", Owner: "u-17"}, Path: in[:2], Rows: append(folders[:1:1], storageRows(3)...), Links: ofUser}),
		page("storage-list", storage.ListProps{Filter: list, Path: all, Rows: storageRows(50), Links: more}),
		page("storage-one", storage.ListProps{Filter: list, Path: all, Rows: storageRows(1)}),
		page("storage-hostile", storage.ListProps{Filter: storage.Filter{View: "list", Sort: "key", Owner: hostile, Prefix: hostile, Tag: long}, Path: []storage.Step{{Label: "All users", Href: storageBase}, {Label: hostile, Href: storageBase}, {Label: long, Href: storageBase}}, Rows: []storage.Row{hostileItem}}),
		page("storage-not-chosen", storage.ListProps{Filter: list, Path: all, Rows: storageRows(4), Links: more, Chosen: storage.Chosen{
			Items: map[string]bool{storageRows(1)[0].Select: true}, Action: "tag", Error: "The tag must not be empty.", OfTag: true,
		}}),
		page("storage-empty", storage.ListProps{Filter: storage.Filter{View: "folders", Sort: "key"}, Path: all, Empty: true}),
		page("storage-no-match", storage.ListProps{Filter: filtered, Path: in}),
		page("storage-cut", storage.ListProps{Filter: filtered, Path: all, Rows: storageRows(3), Links: more, Cut: &storage.Cut{Looked: 131_072, Owner: "u-9", Key: "orders/2026/0042"}}),
		page("storage-cut-none", storage.ListProps{Filter: filtered, Path: all, Links: more, Cut: &storage.Cut{Looked: 131_072, Owner: "u-9"}}),
	}
}

func storageClears() []PageState {
	page := func(name string, p storage.ClearProps) PageState {
		p.Action, p.Cancel = storageBase, storageBase
		return shelled(name, "Clear a user", "storage", storage.ClearPage(p))
	}
	return []PageState{
		page("storage-clear", storage.ClearProps{Owner: "u-17", Items: 1204}),
		page("storage-clear-wrong", storage.ClearProps{Owner: hostile, Items: 1, Typed: "u-17", Error: "This is not the user’s name as it stands above the field."}),
	}
}

func storageBulks() []PageState {
	page := func(name string, p storage.BulkProps) PageState {
		p.Start, p.Back = storageBase, storageBase
		return shelled(name, "Preview", "storage", storage.BulkPage(p))
	}
	sample := []storage.Sample{{Key: "orders/2026/0007", Owner: "u-17"}, {Key: hostile, Owner: hostile}}
	skipped := []storage.Count{{Label: "already removed", N: 3}, {Label: "already tagged", N: 1200}}
	return []PageState{
		page("storage-bulk-delete", storage.BulkProps{Action: "delete", Affected: 1204, Exact: true, Skipped: skipped[:1], Sample: sample, Scope: "All items of all users whose key begins with “orders/”.", Word: "1,204"}),
		page("storage-bulk-wrong", storage.BulkProps{Action: "delete", Affected: 131_072, Sample: sample, Scope: "All items of all users.", Word: "all that match", Typed: hostile, Error: "Type what stands above the field, to show that you mean all of these items."}),
		page("storage-bulk-tag", storage.BulkProps{Action: "tag", Tag: hostile, Affected: 1, Exact: true, Skipped: skipped, Sample: sample[:1], Scope: "The 1 item you chose."}),
		page("storage-bulk-none", storage.BulkProps{Action: "untag", Tag: "paid", Exact: true, Skipped: skipped, Scope: "The 3 items you chose."}),
	}
}

func storageJobs() []PageState {
	page := func(name, title string, p storage.JobProps) PageState {
		p.Self, p.Jobs, p.Title, p.By, p.At, p.Last, p.Now, p.Kept = "/console/gallery/"+name, "/console/gallery/storage-jobs", title, "Amina Haddad", now-90_000, now-1000, now, 1000
		return shelled(name, title, "storage", storage.JobPage(p))
	}
	wrong := []storage.JobError{{Place: "line 4", Reason: "The line is not a JSON object with a key and a value."}, {Place: "line 12", Key: hostile, Owner: long, Reason: hostile + long}}
	refused := []storage.JobError{{Key: "orders/1", Owner: "u-17", Href: storageBase, Reason: "This user's storage is full: 1,000 of 1,000 bytes are taken."}}
	checked := []storage.Count{{Label: "New", N: 1200}, {Label: "Existing", N: 30}, {Label: "Existing, line is newer", N: 12}, {Label: "Invalid", N: 4}}
	rows := []storage.JobRow{
		{Href: "/console/gallery/storage-job-running", Title: "Delete items: orders/", Status: "open", Done: 500, Total: 1204, By: "Amina Haddad", At: now - 4000},
		{Href: "/console/gallery/storage-job-ready", Title: "Import items: " + hostile, Status: "held", Stage: "ready", Done: 1234, Failed: 4, By: long, At: now - 90_000},
		{Href: "/console/gallery/storage-job-running", Title: "Delete items: drafts/", Status: "open", Waits: true, Total: 20, By: "Amina Haddad", At: now - 60_000},
		{Href: "/console/gallery/storage-job-errors", Title: "Add tag to items: paid", Status: "done", Done: 5010, Total: 5010, Failed: 5000, By: "Amina Haddad", At: now - 7_200_000},
		{Href: "/console/gallery/storage-job-failed", Title: "Add tag to items: paid", Status: "failed", By: "Amina Haddad", At: now - 86_400_000},
		{Href: "/console/gallery/storage-job-done", Title: "Bring back deleted items", Status: "done", Done: 1204, Total: 1204, By: "Amina Haddad", At: now - 2*86_400_000},
		{Href: "/console/gallery/storage-job-done", Title: "Clear a user’s items", Status: "cancelled", Done: 10, Total: 20, By: "key:1", At: now - 3*86_400_000},
	}
	form := storage.ImportProps{Action: storageBase, Back: storageBase, Most: "1 MB", Part: "524288"}
	wrongForm := form
	wrongForm.Owner, wrongForm.Error, wrongForm.Fields = hostile, "Nothing was uploaded", map[string]string{"file": "The file must be chosen, and not be empty.", "owner": "The user must be a user's id of at most 128 bytes, without control characters."}
	return []PageState{
		shelled("storage-import", "Import items", "storage", storage.ImportPage(form)),
		shelled("storage-import-wrong", "Import items", "storage", storage.ImportPage(wrongForm)),
		page("storage-job-ready", "Import items", storage.JobProps{What: "orders.jsonl", WhatIs: "File", Status: "held", Stage: "ready", Done: 1234, Failed: 4, Counts: checked, Errors: wrong, Bytes: 188_417, Policy: "skip"}),
		page("storage-job-upload", "Import items", storage.JobProps{What: "orders.jsonl", WhatIs: "File", Status: "held", Stage: "upload", Bytes: 188_417}),
		page("storage-job-running", "Delete items", storage.JobProps{What: "orders/", WhatIs: "Keys begin with", Status: "open", Done: 500, Total: 1204, Counts: []storage.Count{{Label: "Done", N: 500}, {Label: "Skipped: changed meanwhile", N: 2}, {Label: "Errors", N: 0}}}),
		page("storage-job-done", "Delete items", storage.JobProps{What: hostile, WhatIs: "Keys begin with", Status: "done", Done: 1204, Total: 1204, Undo: true, Counts: []storage.Count{{Label: "Done", N: 1204}, {Label: "Errors", N: 0}}}),
		page("storage-job-errors", "Add tag to items", storage.JobProps{What: "paid", WhatIs: "Tag", Status: "done", Done: 5010, Total: 5010, Failed: 5000, Counts: []storage.Count{{Label: "Done", N: 10}, {Label: "Errors", N: 5000}}, Errors: refused, First: storageBase, Prev: storageBase, Next: storageBase}),
		page("storage-job-failed", "Import items", storage.JobProps{What: "orders.jsonl", WhatIs: "File", Status: "failed", Stage: "write", Done: 500, Total: 1204, Error: "The database cannot be reached."}),
		page("storage-job-cancelled", "Import items", storage.JobProps{What: "orders.jsonl", WhatIs: "File", Status: "cancelled", Stage: "write", Done: 500, Total: 1204}),
		shelled("storage-jobs", "Jobs", "storage", storage.JobsPage(storage.JobsProps{Back: storageBase, Rows: rows, Now: now})),
		shelled("storage-jobs-none", "Jobs", "storage", storage.JobsPage(storage.JobsProps{Back: storageBase, Now: now})),
	}
}
