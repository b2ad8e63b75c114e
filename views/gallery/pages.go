package gallery

import (
	"github.com/a-h/templ"

	"tidemark/views/layout"
	"tidemark/views/problem"
	"tidemark/views/signin"
)

// Pages are the states of all pages.
func Pages() []PageState {
	var all []PageState
	for _, pages := range []func() []PageState{
		signinPages, linkPages, factorPages, tenantPages, overviewPages, activityPages, devicePages, apiKeyPages, itemPages, editPages, storageListPages, problemPages, accountPages, keptPages, palettePages, setupPages, peoplePages,
		systemPages, assistantPages, rulePages, conflictPages,
	} {
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
		"email": "The e-mail must be an e-mail address such as name@example.com.", "password": "The password must have at least 8 characters.",
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
