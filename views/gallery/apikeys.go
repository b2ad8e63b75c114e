package gallery

import (
	"fmt"
	"strings"

	"tidemark/views/apikeys"
	"tidemark/views/ui"
)

func apiKeyPages() []PageState {
	list := func(rows ...apikeys.Row) apikeys.ListProps {
		return apikeys.ListProps{
			Base: "/console/gallery/api-keys", New: "/console/gallery/api-keys-new", Clear: "/console/gallery/api-keys", Rows: rows,
			States: []ui.Choice{{Label: "All", Href: "/console/gallery/api-keys", Current: true}, {Label: "Active", Href: "/console?state=active"}, {Label: "Expiring", Href: "/console?state=expiring"}, {Label: "Disabled", Href: "/console?state=disabled"}, {Label: "Expired", Href: "/console?state=expired"}, {Label: "Revoked", Href: "/console?state=revoked"}},
			Pager:  ui.PagerProps{Label: "Pages of keys", Note: "Newest first, 50 a page"},
		}
	}
	many := list(keyRows()...)
	many.Pager.First, many.Pager.Next = "/console/gallery/api-keys", "/console/gallery/api-keys-none"
	lost := list()
	lost.Text, lost.State = hostile, "expiring"
	secret := apikeys.SecretProps{Title: "Key created", Name: hostile + long, Curl: sampleCurl, Secret: sampleOnce("secret")}
	shown := func(name, title string, p apikeys.KeyProps) PageState {
		return shelled(name, title, "api-keys", apikeys.Key(p))
	}
	form := func(name, title string, p apikeys.FormProps) PageState {
		return shelled(name, title, "api-keys", apikeys.Form(p))
	}
	return []PageState{
		shelled("api-keys", "API keys", "api-keys", apikeys.List(many)),
		shelled("api-keys-one", "API keys", "api-keys", apikeys.List(list(keyRows()[0]))),
		shelled("api-keys-none", "API keys", "api-keys", apikeys.List(list())),
		shelled("api-keys-no-match", "API keys", "api-keys", apikeys.List(lost)),
		form("api-keys-new", "New API key", sampleKeyForm()),
		form("api-keys-new-wrong", "New API key", wrongKeyForm()),
		form("api-keys-edit", "Edit API key", editKeyForm(nil)),
		form("api-keys-edit-stale", "Edit API key", editKeyForm(&apikeys.Stale{
			Who: hostile, At: now - 20_000, Now: now, Fresh: "/console/gallery/api-keys-edit",
			Rows: []apikeys.Difference{{Field: "Name", Saved: "Tablets, south", Typed: long}, {Field: "Scopes", Saved: "read", Typed: "read, " + hostile}},
		})),
		shelled("api-keys-secret", "Key created", "api-keys", apikeys.Secret(secret)),
		shown("api-keys-key", "Tablets, north", sampleKey()),
		shown("api-keys-key-unused", "Nightly import", unusedKey()),
		shown("api-keys-key-revoked", "Revoked", revokedKey()),
		shelled("api-keys-try", "Rehearse a request", "api-keys", apikeys.Try(sampleTry())),
		shelled("api-keys-try-edited", "Rehearse a request", "api-keys", apikeys.Try(editedTry())),
		shelled("api-keys-try-wrong", "Rehearse a request", "api-keys", apikeys.Try(wrongTry())),
		shelled("api-keys-tighten", "Tighten by use", "api-keys", apikeys.Tighten(sampleTighten())),
		shelled("api-keys-tighten-lost", "Tighten by use", "api-keys", apikeys.Tighten(lostTighten())),
		shelled("api-keys-tighten-none", "Tighten by use", "api-keys", apikeys.Tighten(noTighten())),
		shelled("api-keys-rotate", "New secret", "api-keys", apikeys.Rotate(rotateForm())),
		shelled("api-keys-revoke", "Revoke", "api-keys", ui.Confirm(ui.ConfirmProps{
			Action: "/console/gallery/api-keys-revoke", Title: "Revoke “Tablets, north”?", Text: "The key lets nobody in any more, within a second and for good.",
			Effects: []string{"3 live connections to this node, of 2 devices, end now.", "1,204 requests were made with it in the last 24 hours."},
			Word:    "Tablets, north", Button: "Revoke the key", Cancel: "/console/gallery/api-keys-key",
		})),
	}
}

const sampleCurl = "curl https://sync.example.com/api/v1/sync-storage/items \\\n  -H \"X-API-Key: $TIDEMARK_API_KEY\" \\\n  -H 'X-User-Id: alice'"

// sampleOnce looks like a secret and is none.
func sampleOnce(id string) ui.SecretProps {
	text := "sk_live_" + strings.Repeat("0aB", 11)
	return ui.SecretProps{
		ID: id, Label: "Secret of the key", Secret: text, Save: "/console/gallery/api-keys-secret", Fields: []ui.Hidden{{Name: "secret", Value: text}},
		CSRF: "token", Done: "/console/gallery/api-keys-key",
	}
}

func keyRows() []apikeys.Row {
	states := []apikeys.State{{Name: "active", Now: now}, {Name: "active", ExpiresAt: now + 3*86_400_000 + 1, Soon: true, Now: now}, {Name: "disabled", Now: now}, {Name: "expired", ExpiresAt: now - 1, Now: now}, {Name: "revoked", Now: now}}
	titles := []string{"Tablets, north", "Nightly import", "Partner portal", "Pilot 2025", hostile + long}
	rows := make([]apikeys.Row, 0, len(states))
	for i, s := range states {
		r := apikeys.Row{
			Href: "/console/gallery/api-keys-key", Name: titles[i], Mask: fmt.Sprintf("sk_live_…x%03d", i*37), Read: true, Write: i%2 == 0, Scopes: []string{"read", "write"},
			State: s, UsedAt: now - int64(i*i)*3_600_000 - 4000, Series: wave(24, int64(300/(i+1))), Free: i%3 == 1 && s.Name == "active", Old: int64(i%2) * 97,
		}
		for _, n := range r.Series {
			r.Requests += n
		}
		if !r.Write {
			r.Scopes = r.Scopes[:1]
		}
		rows = append(rows, r)
	}
	rows[1].User, rows[1].Write, rows[1].Scopes = "luis.ferreira", true, []string{"read", "items:write:storage/inspections/*"}
	rows[2].Requests, rows[2].Series, rows[2].UsedAt = 0, nil, 0
	rows[4].User, rows[4].Scopes = hostile, []string{hostile, long}
	return rows
}

func sampleKeyForm() apikeys.FormProps {
	p := apikeys.FormProps{
		CSRF: "token", Action: "/console/gallery/api-keys-new", Cancel: "/console/gallery/api-keys", Title: "New API key", Read: true, Write: true,
		Expiries: []ui.Option{{Value: "0", Label: "Never", Selected: true}, {Value: "30", Label: "In 30 days"}, {Value: "date", Label: "On a date"}},
	}
	for _, s := range []string{"read", "write", "items:read", "items:write", "items:clear", "status:read", "users:all", "conflicts:read", "conflicts:review", "policies:read", "policies:write", "schemas:read", "schemas:write", "analytics:read", "audit:read"} {
		p.Scopes = append(p.Scopes, apikeys.Scope{Name: s, On: s == "read" || s == "write"})
	}
	p.Quotas = []apikeys.Quota{
		{Field: "quotaPerMinute", Label: "Per minute"}, {Field: "quotaPerHour", Label: "Per hour"}, {Field: "quotaPerDay", Label: "Per day"}, {Field: "quotaPerMonth", Label: "Per month"},
	}
	return p
}

func wrongKeyForm() apikeys.FormProps {
	p := sampleKeyForm()
	p.Name, p.User, p.Read, p.Write, p.Narrow = hostile, hostile, false, false, "items:paint:"+hostile
	p.Quotas[0].Typed = hostile
	p.From = ui.Restrictions{Countries: "Germany", Unplaced: true, NoPlaces: true}
	p.Errors = map[string]string{
		"countryRestrictions": "The countries must be countries by two letters, such as DE (ISO 3166-1): “Germany” is none.",
		"quotaPerMinute":      "Requests per minute must be a whole number from 1 to a trillion, or nothing.",
		"name":                "The name must be 1 to 200 characters without line breaks.", "canRead": "A key must be allowed to read, to write, or both.",
		"scopes": "One of these scopes is not known. Use read, write, or area:action[:collection/prefix*].", "expiresAt": "The date must be in the future, less than 100 years away.", "userId": "The user may have at most 128 bytes.",
	}
	return p
}

func editKeyForm(s *apikeys.Stale) apikeys.FormProps {
	p := sampleKeyForm()
	p.Title, p.Edit, p.Name, p.Mask, p.Version, p.Stale = "Edit API key", true, long, "sk_live_…Kxbq", "4", s
	p.Narrow = "items:read:storage/orders/*\nitems:write:storage/orders/*"
	p.Quotas[0].Typed, p.Quotas[3].Typed = "600", "1000000"
	return p
}

func sampleKey() apikeys.KeyProps {
	p := apikeys.KeyProps{
		CSRF: "token", Base: "/console/gallery/api-keys-key", Name: "Tablets, north", Mask: "sk_live_…Kxbq", ID: "01JDA2Q8M3X7Y5T4ZK0P8N2W6H", Version: "3",
		State: apikeys.State{Name: "active", ExpiresAt: now + 3*86_400_000 + 1, Soon: true, Now: now}, Read: true, Write: true,
		Scopes: []apikeys.Grant{{Scope: "read"}, {Scope: "write"}, {Scope: "items:read:storage/orders/*"}}, CreatedAt: now - 40*86_400_000, UsedAt: now - 2500, Devices: 9, Others: 3, Period: "the last 24 hours",
		Range:   []ui.Choice{{Label: "24 h", Href: "/console/gallery/api-keys-key", Current: true}, {Label: "7 d", Href: "/console?range=7d"}, {Label: "30 d", Href: "/console?range=30d"}},
		Chart:   sampleStack("g-use"),
		Changes: changes(5), Activity: "/console/gallery/activity", Curl: sampleCurl,
	}
	p.RotatedAt, p.Former, p.FormerUntil, p.Old = now-6*3_600_000, "x9Qz", now+18*3_600_000, 0
	p.Quotas = []apikeys.Allowance{
		{Span: "Per minute", Used: 570, Of: 600, Ends: now + 31_000}, {Span: "Per day", Used: 8_120, Of: 50_000, Ends: now + 7*3_600_000}, {Span: "Per month", Used: 741_002, Of: 1_000_000, Ends: now + 8*86_400_000},
	}
	p.Today, p.Month = 8_120, 741_002
	p.Places = apikeys.Places{All: 9_000, Rows: []apikeys.Place{{Code: "DE", Requests: 7_400}, {Code: "AT", Requests: 1_560}, {Code: "", Requests: 40}}}
	return p
}

func unusedKey() apikeys.KeyProps {
	p := sampleKey()
	p.Name, p.UsedAt, p.Changes, p.User = "Nightly import", 0, nil, "luis.ferreira"
	p.State = apikeys.State{Name: "disabled", Now: now}
	p.Clash = "Amina changed this key 20 s ago. Nothing was switched; this is how it is now."
	p.Write, p.Scopes[1].Off = false, "writing"
	p.Quotas, p.Today, p.Month = nil, 0, 1
	p.Places = apikeys.Places{}
	p.RotatedAt, p.FormerUntil, p.Old = 0, 0, 412
	for i := range p.Chart.Bars {
		p.Chart.Bars[i].Values = make([]int64, 4)
	}
	return p
}

func revokedKey() apikeys.KeyProps {
	p := sampleKey()
	p.Name, p.User, p.Scopes, p.RevokedAt = hostile+long, hostile, []apikeys.Grant{{Scope: hostile + long}}, now-3_600_000
	p.State = apikeys.State{Name: "revoked", Now: now}
	p.Places = apikeys.Places{None: true}
	p.Changes = append(changes(1), hostileRow)
	return p
}

func sampleStack(id string) ui.StackedProps {
	p := ui.StackedProps{ID: id, Finding: "4,120 requests in the last 24 hours, 31 of them refused", Head: "Hour", Series: []string{"Reads", "Writes", "Other", "Refused"}, Every: 4, Until: "now"}
	for i, v := range wave(24, 300) {
		p.Bars = append(p.Bars, ui.StackedBar{Label: fmt.Sprintf("%02d:00", i), Values: []int64{v, v / 2, v / 9, int64(i % 5 * 4)}})
	}
	return p
}

func secretParts() []Entry {
	return []Entry{{"Forms", "SecretOnce", ui.SecretOnce(sampleOnce("g-secret"))}}
}

func stackParts() []Entry {
	quiet := sampleStack("g-still")
	quiet.Quiet = text("Nothing was asked.")
	for i := range quiet.Bars {
		quiet.Bars[i].Values = make([]int64, 4)
	}
	full := sampleStack("g-stack")
	return []Entry{
		{"Charts", "StackedBars with Legend and StackedTable", holding(stack(), ui.Legend(full.Series), ui.StackedBars(full), ui.StackedTable(full))},
		{"Charts", "StackedBars, quiet", ui.StackedBars(quiet)},
	}
}

func rotateForm() apikeys.RotateProps {
	return apikeys.RotateProps{
		CSRF: "token", Action: "/console/gallery/api-keys-rotate", Cancel: "/console/gallery/api-keys-key", Name: long, Mask: "sk_live_…Kxbq", Version: "4",
		Clash:    "Amina changed this key 20 s ago. No secret was made. Press again if you still want one.",
		Overlaps: []ui.Option{{Value: "0s", Label: "No more, from now on"}, {Value: "24h0m0s", Label: "For 1 day", Selected: true}},
		Effects:  []string{"The new secret is shown once: store it before you go on.", "Both let in until the time of the old one is over. 12 connections go on until then.", "The secret before the last one, …x9Qz, still lets in. It ends at once."},
	}
}
