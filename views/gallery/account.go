package gallery

import (
	"strings"

	"github.com/a-h/templ"

	"tidemark/views/account"
	"tidemark/views/layout"
	"tidemark/views/problem"
	"tidemark/views/signin"
	"tidemark/views/ui"
)

func accountPages() []PageState {
	hour := int64(3_600_000)
	here := account.Session{ID: "a1", Here: true, Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Address: "192.0.2.17", Begun: now - 2*hour, Seen: now - 20_000}
	sessions := []account.Session{
		here,
		{ID: "a2", Agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", Address: "2001:db8::4a17", Begun: now - 9*hour, Seen: now - hour},
		{ID: "a3", Agent: hostile + long, Address: "203.0.113.9", Begun: now - 11*hour, Seen: now - hour*3/2},
	}
	plain := account.Props{
		Now: now, Profile: account.Profile{Name: "Amina Haddad", Email: "amina@example.com", Version: 3}, Password: account.PasswordForm{Email: "amina@example.com"},
		Sessions: sessions[:1], Theme: ui.System, Keys: layout.Shortcuts([]layout.NavGroup{layout.InstallationNav()}),
	}
	plain.Passkeys, plain.Email = account.PasskeysProps{Email: "amina@example.com", Now: now}, account.EmailForm{On: true}
	plain.Others = account.IdentitiesProps{Now: now, Offers: []account.Offer{{Name: "google", Title: "Google"}, {Name: "github", Title: "GitHub"}}}
	many := plain
	many.Profile.Picture, many.Profile.Wrong = portrait, "The picture must be a PNG, JPEG, GIF or WebP picture."
	many.Email.On, many.Factor = false, true
	many.Passkeys.Keys = []account.Passkey{{ID: "a", Name: "Work laptop", Made: now - 50*hour, Used: now - hour}, {ID: "b", Name: hostile + long, Made: now - hour}}
	many.Others = account.IdentitiesProps{
		Now: now, Offers: []account.Offer{{Name: "google", Title: "Google"}, {Name: "acme", Title: "Acme " + strings.Repeat("x", 55)}},
		List: []account.Identity{
			{Issuer: "https://accounts.google.com", Subject: "1", Title: "Google", Email: "amina@example.com", Made: now - 50*hour, Used: now - hour},
			{Issuer: "https://login.example.com", Subject: "2", Title: "Acme " + strings.Repeat("x", 55), Email: long + "@example.com", Made: now - hour},
			{Issuer: "https://former.example.com", Subject: "3", Title: hostile, Made: now - hour},
		},
	}
	many.SignIns = []account.SignIn{
		{ID: "f1", Tenant: "Northwind Field Ops", Device: "tablet-7", Agent: sessions[1].Agent, Address: "192.0.2.44", Begun: now - 90*hour, Seen: now - hour},
		{ID: "f2", Tenant: hostile + long, Agent: hostile + long, Address: "2001:db8::1", Begun: now - hour, Seen: now - hour},
	}
	many.Places = []account.Place{{Name: "Northwind Field Ops", Role: "owner"}, {Name: hostile + long, Role: long, Out: true}}
	moved := plain
	moved.Email = account.EmailForm{On: true, Typed: hostile, Error: "The e-mail was not changed", Fields: map[string]string{"email": "The e-mail must be an e-mail address such as name@example.com.", "password": "The password is wrong."}}
	many.Sessions, many.KeysOff, many.Theme = sessions, true, ui.Dark
	wrong := plain
	wrong.Profile = account.Profile{Name: long, Email: hostile, Version: 3, Error: "The profile was not saved", Fields: map[string]string{"email": "The e-mail must be an e-mail address such as name@example.com."}}
	stale := plain
	stale.Profile.Stale = &account.Stale{Who: "You, in another window,", At: now - 20_000, Name: hostile, Email: "amina.haddad@example.com"}
	refused := plain
	refused.Password.Error, refused.Password.Fields = "The password was not changed", map[string]string{"old": "The current password is wrong."}
	return []PageState{
		shelled("account", "Account", "account", account.Page(plain)),
		shelled("account-many", "Account", "account", account.Page(many)),
		shelled("account-wrong", "Account", "account", account.Page(wrong)),
		shelled("account-stale", "Account", "account", account.Page(stale)),
		shelled("account-email", "Account", "account", account.Page(moved)),
		shelled("account-password", "Account", "account", account.Page(refused)),
	}
}

func keptPages() []PageState {
	kept := signin.Kept{To: "/console/t/acme/storage/item?key=" + strings.Repeat("a", 60), Back: "/console", Fields: []ui.Hidden{
		{Name: "value", Value: "{\n  \"status\": \"assigned\",\n  \"note\": \"" + hostile + "\"\n}"}, {Name: "version", Value: "12"},
	}}
	asked := signin.ConfirmProps{Email: "amina@example.com", Act: "Revoke the key", Object: "Field tablets, north", Begun: now - 25*60_000, Now: now, Kept: kept}
	refused := asked
	refused.Object, refused.Error = hostile+long, "The password is wrong."
	return []PageState{
		alone("unsent", "Not available right now", templ.Join(
			problem.Page(problem.Props{Status: 503, Message: "The database cannot be reached.", RequestID: "01JDA2Q8M3X7Y5T4", Back: "/console", Kept: true}), signin.Unsent("", kept, true),
		)),
		alone("login-kept", "Sign in", signin.Login(signin.LoginProps{Kept: &kept, Notice: "Your session has ended, so nothing was changed. What you sent is kept: sign in, look at it and send it again."})),
		alone("resend", "Send it again?", signin.Resend("token", kept)),
		shelled("confirm", "Give your password", "", signin.Confirm(asked)),
		shelled("confirm-wrong", "Give your password", "", signin.Confirm(refused)),
	}
}

func palettePages() []PageState {
	found := layout.PaletteGroups(
		layout.PaletteGroup{Name: "API keys", Items: []layout.PaletteItem{{ID: "k-1", Glyph: ui.GlyphKeyRound, Label: long, Hint: "sk_live_…x81Q", Href: "/console"}}},
		layout.PaletteGroup{Name: "Items", Items: []layout.PaletteItem{
			{ID: "i-0", Glyph: ui.GlyphDatabase, Label: "work_orders/WO-20418", Hint: "dana.okafor", Mono: true, Href: "/console"},
			{ID: "i-1", Glyph: ui.GlyphDatabase, Label: hostile + long, Hint: hostile + long, Mono: true, Href: "/console"},
		}},
	)
	state := func(name string, p layout.PaletteProps) PageState {
		return PageState{Name: name, Title: "Search", In: func(f layout.Frame) templ.Component {
			return layout.Within(layout.Page(sampleShell(f)), layout.PalettePage(p))
		}}
	}
	all := append(layout.PaletteOf(layout.TenantNav("northwind"), append(sampleTenants[:1:1], sampleTenants[2:]...), "o"), found...)
	return []PageState{
		state("search", layout.PaletteProps{Typed: "o", Tenant: "northwind", Found: all}),
		state("search-nothing", layout.PaletteProps{Typed: hostile}),
	}
}

// portrait is a picture of two colours.
const portrait = "data:image/gif;base64,R0lGODlhAgABAIAAAE6Y7fHGQCwAAAAAAgABAAACAkQKADs="
