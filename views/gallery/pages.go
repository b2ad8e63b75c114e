package gallery

import (
	"github.com/a-h/templ"

	"tidemark/views/activity"
	"tidemark/views/layout"
	"tidemark/views/overview"
	"tidemark/views/problem"
	"tidemark/views/signin"
	"tidemark/views/tenants"
)

// Pages are the states of all pages.
func Pages() []PageState {
	var all []PageState
	for _, pages := range []func() []PageState{signinPages, tenantPages, overviewPages, activityPages, problemPages} {
		all = append(all, pages()...)
	}
	return all
}

// shelled is a page state in the shell.
func shelled(name, title, active string, body templ.Component) PageState {
	return PageState{Name: name, Title: title, In: func(f layout.Frame) templ.Component {
		s := sampleShell(f)
		s.Active = active
		return layout.Within(layout.Page(s), body)
	}}
}

// alone is a page state without navigation.
func alone(name, title string, body templ.Component) PageState {
	return PageState{Name: name, Title: title, In: func(f layout.Frame) templ.Component { return layout.Within(layout.Bare(f), body) }}
}

func signinPages() []PageState {
	wrong := signin.SetupProps{Token: "t", Email: hostile, Name: long, Error: "Not everything is right yet", Fields: map[string]string{
		"email": "The e-mail must be an e-mail address.", "password": "The password must have at least 8 characters.",
	}}
	return []PageState{
		alone("setup", "Set up", signin.Setup(signin.SetupProps{Token: "t"})),
		alone("setup-wrong", "Set up", signin.Setup(wrong)),
		alone("setup-waiting", "Set up", signin.Waiting(false)),
		alone("setup-old-link", "Set up", signin.Waiting(true)),
		alone("login", "Sign in", signin.Login(signin.LoginProps{})),
		alone("login-wrong", "Sign in", signin.Login(signin.LoginProps{Email: "amina@example.com", Error: "The e-mail or the password is wrong."})),
		alone("login-notice", "Sign in", signin.Login(signin.LoginProps{Notice: "You are signed out."})),
	}
}

func tenantPages() []PageState {
	many := []tenants.Row{
		{Slug: "northwind", Name: "Northwind Field Ops", Href: "/console/t/northwind", CreatedAt: now - 90*86_400_000, Now: now},
		{Slug: "globex", Name: "Globex", Href: "/console/t/globex", Suspended: true, CreatedAt: now - 3_600_000, Now: now},
		{Slug: "hostile", Name: hostile + long, Href: "/console/t/hostile", CreatedAt: now, Now: now},
	}
	return []PageState{
		shelled("tenants-none", "Tenants", "tenants", tenants.Page(nil)),
		shelled("tenants-one", "Tenants", "tenants", tenants.Page(many[:1])),
		shelled("tenants-many", "Tenants", "tenants", tenants.Page(many)),
		{Name: "long-names", Title: hostile, In: func(f layout.Frame) templ.Component {
			s := sampleShell(f)
			s.Tenant, s.Crumbs = &sampleTenants[3], []layout.Crumb{{Label: long, Href: "/console"}, {Label: "Devices", Href: "/console"}}
			s.Person = layout.Person{Name: long, Email: hostile, Role: "Administrator"}
			return layout.Within(layout.Page(s), tenants.Page(many))
		}},
	}
}

func overviewPages() []PageState {
	busy := overview.Props{Base: "/console/gallery/overview", Stream: "/console/gallery/overview/stream", Activity: "/console/gallery/activity", Recent: changes(8), Numbers: overview.Numbers{
		Now: now, Items: 128_340, Users: 412, Bytes: 48_210_331, OpenConflicts: 14, Devices: 5_229, Connected: 4_917, Live: 4_931, Lagging: 12, Seq: 1_048_210, LastAt: now - 400, Floor: 12_400, PerMinute: wave(60, 1300),
	}}
	empty := overview.Props{Base: busy.Base, Stream: busy.Stream, Activity: busy.Activity, Numbers: overview.Numbers{Now: now, PerMinute: make([]int64, 60)}, Example: "tidemark apikey create --tenant acme --name first\n\ncurl -X PUT http://127.0.0.1:3000/api/v1/sync-storage/item/hello \\\n  -H 'X-API-Key: <the key it printed>' \\\n  -d '{\"value\": \"world\"}'"}
	still := busy
	still.Numbers.PerMinute, still.Numbers.LastAt, still.Numbers.OpenConflicts = make([]int64, 60), now-145*86_400_000, 0
	paused := busy
	paused.Paused = true
	suspended := busy
	suspended.Suspended, suspended.Recent = true, append(changes(2), hostileRow)
	return []PageState{
		shelled("overview", "Overview", "overview", overview.Page(busy)),
		shelled("overview-empty", "Overview", "overview", overview.Page(empty)),
		shelled("overview-still", "Overview", "overview", overview.Page(still)),
		shelled("overview-paused", "Overview", "overview", overview.Page(paused)),
		shelled("overview-suspended", "Overview", "overview", overview.Page(suspended)),
	}
}

func activityPages() []PageState {
	links := activity.Links{
		All: "/console/gallery/activity", Set: "/console/gallery/activity?op=set", Remove: "/console/gallery/activity?op=remove",
		Pause: "/console/gallery/activity-paused", Resume: "/console/gallery/activity", Clear: "/console/gallery/activity",
	}
	page := func(p activity.Props) templ.Component {
		p.Base, p.Links, p.Searched = "/console/gallery/activity", links, 500
		return activity.Page(p)
	}
	return []PageState{
		shelled("activity", "Live activity", "activity", page(activity.Props{Stream: "/console/gallery/overview/stream", Rows: changes(40)})),
		shelled("activity-one", "Live activity", "activity", page(activity.Props{Paused: true, Rows: append(changes(1), hostileRow)})),
		shelled("activity-empty", "Live activity", "activity", page(activity.Props{Paused: true, Empty: true})),
		shelled("activity-no-match", "Live activity", "activity", page(activity.Props{Paused: true, Filter: activity.Filter{Text: hostile, Op: "set"}})),
		shelled("activity-paused", "Live activity", "activity", page(activity.Props{Paused: true, Rows: changes(12)})),
	}
}

func problemPages() []PageState {
	of := func(status int, message, errorID string) templ.Component {
		p := problem.Props{Status: status, Message: message, RequestID: "01JDA2Q8M3X7Y5T4", ErrorID: errorID, Back: "/console"}
		if status >= 500 {
			p.Again = "/console/gallery/overview"
		}
		return problem.Page(p)
	}
	return []PageState{
		shelled("error-403", "This is not allowed", "", of(403, "The page was open for too long. Go back, reload it and send the form again.", "")),
		shelled("error-404", "Page not found", "", of(404, "There is nothing at this address.", "")),
		alone("error-500", "Something went wrong", of(500, "Something went wrong on our side.", "01JDA2Q8M3X7Y5T5")),
		alone("error-503", "Not available right now", of(503, "The database cannot be reached. Try again.", "01JDA2Q8M3X7Y5T6")),
	}
}
