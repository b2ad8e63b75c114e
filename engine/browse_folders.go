package engine

import (
	"context"
	"strings"
	"time"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// Delimiters part keys into folders.
const Delimiters = "/:"

// Bounds of folders: the most that are counted in one, and how long a page counts.
const (
	FolderCount   = 1000
	folderCounts  = 20 * time.Millisecond
	folderStep    = 8
	folderStepTop = 128
)

// Entry is a folder or an item of a page of folders.
type Entry struct {
	Folder string // all its keys begin with this; empty: an item
	Count  int64  // items in the folder, at most FolderCount+1; -1: not counted
	Item   models.Item
}

// FolderPage is a page of the folders and items right below a prefix.
type FolderPage struct {
	Entries []Entry
	Next    string // where it goes on; empty: this is the end
}

// Folders reads what lies right below a prefix of one user's keys. A folder is
// what begins alike up to the next delimiter; it is passed over, not read.
func (e *Engine) Folders(ctx context.Context, q store.BrowseQuery, page string) (FolderPage, error) {
	var out FolderPage
	var place browsePlace
	var err error
	if page != "" {
		if place, err = browsePlaceOf(page); err != nil {
			return out, err
		}
	}
	limit := q.Limit
	q.Now, q.Limit = clock.Millis(e.clock), folderStep
	r := q.Keys()
	r.From = max(r.From, place.Key)
	for {
		items, err := e.store.BrowseKeys(ctx, q, r)
		if err != nil {
			return out, err
		}
		found := len(out.Entries)
		for _, it := range items {
			if it.Key < r.From {
				continue // in a folder that is passed over
			}
			if len(out.Entries) == limit {
				out.Next = browsePlace{Key: r.From}.text()
				return out, e.countFolders(ctx, q, out.Entries)
			}
			r.From = out.add(q.Prefix, it)
		}
		if len(items) < q.Limit {
			return out, e.countFolders(ctx, q, out.Entries)
		}
		q.Limit = nextStep(q.Limit, len(out.Entries)-found)
	}
}

// nextStep reads more at once where the keys read were entries of their own, and fewer where they were not.
func nextStep(step, found int) int {
	if found > step/2 {
		return min(2*step, folderStepTop)
	}
	return max(step/2, folderStep)
}

// add puts the item, or the folder it lies in, on the page, and gives the key from which the next may be.
func (p *FolderPage) add(prefix string, it models.Item) string {
	if i := strings.IndexAny(it.Key[len(prefix):], Delimiters); i >= 0 {
		folder := it.Key[:len(prefix)+i+1]
		p.Entries = append(p.Entries, Entry{Folder: folder, Count: -1})
		return store.PrefixRange(folder).To
	}
	p.Entries = append(p.Entries, Entry{Item: it})
	return store.After(it.Key)
}

// countFolders counts what is in the folders, as far as a moment suffices.
func (e *Engine) countFolders(ctx context.Context, q store.BrowseQuery, entries []Entry) error {
	q.Limit = FolderCount + 1
	until := e.clock.Now().Add(folderCounts)
	for i := range entries {
		if entries[i].Folder == "" {
			continue
		}
		if e.clock.Now().After(until) {
			return nil
		}
		n, err := e.store.CountKeys(ctx, q, store.PrefixRange(entries[i].Folder))
		if err != nil {
			return err
		}
		entries[i].Count = n
	}
	return nil
}

// HolderPage is a page of the users who have something of what is browsed.
type HolderPage struct {
	Users []models.User
	Next  string // where it goes on; empty: this is the end
	Cut   bool   // looking took too long; Next goes on
}

// Holders reads the users who have items of the query's collection and prefix, by name.
func (e *Engine) Holders(ctx context.Context, q store.BrowseQuery, page string) (out HolderPage, err error) {
	var place browsePlace
	if page != "" {
		if place, err = browsePlaceOf(page); err != nil {
			return out, err
		}
	}
	q.Now = clock.Millis(e.clock)
	until := e.clock.Now().Add(browsePatience)
	for {
		users, err := e.store.UsersFrom(ctx, q.TenantID, place.Owner, store.HoldersAtOnce)
		if err != nil || len(users) == 0 {
			return out, err
		}
		holds, err := e.store.Holders(ctx, q, idsOf(users))
		if err != nil {
			return out, err
		}
		for _, u := range users {
			if !holds[u.ID] {
				continue
			}
			if len(out.Users) == q.Limit {
				out.Next = browsePlace{Owner: u.ID}.text()
				return out, nil
			}
			out.Users = append(out.Users, u)
		}
		if len(users) < store.HoldersAtOnce {
			return out, nil
		}
		place.Owner = store.After(users[len(users)-1].ID)
		if out.Cut = e.clock.Now().After(until); out.Cut {
			out.Next = place.text()
			return out, nil
		}
	}
}

func idsOf(users []models.User) []string {
	out := make([]string, len(users))
	for i := range users {
		out[i] = users[i].ID
	}
	return out
}
