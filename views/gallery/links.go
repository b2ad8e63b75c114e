package gallery

import (
	"strings"

	"tidemark/views/signin"
)

func linkPages() []PageState {
	join := signin.LinkProps{
		Action: "/console/join", Token: "t", Title: "Join Northwind Field Ops", Text: "Make your account: you sign in with this e-mail and the password.",
		Button: "Join", Email: "dana@example.com", Named: true, Password: true,
	}
	known := join
	known.Named, known.Password, known.Text = false, false, "You have an account with this e-mail already, and join with it."
	known.Title, known.Email = "Join "+hostile+long, long+"@example.com"
	wrong := join
	wrong.Name, wrong.Error, wrong.Fields = hostile, "Not everything is right yet", map[string]string{"password": "The password must have at least 8 characters."}
	providers := []signin.Provider{{Name: "google", Title: "Google"}, {Name: "github", Title: "GitHub"}}
	joinBy := join
	joinBy.Providers, joinBy.Tenant = providers, "01JDA2Q8M3X7Y5T4"
	kept := signin.Kept{To: "/console/t/acme/storage/item?key=a", Back: "/console"}
	return []PageState{
		alone("login-providers", "Sign in", signin.Login(signin.LoginProps{Mail: true, Providers: append(providers, signin.Provider{Name: "acme", Title: "Acme " + strings.Repeat("x", 55)})})),
		alone("login-providers-kept", "Sign in", signin.Login(signin.LoginProps{Providers: providers, Kept: &kept, Notice: "Your session has ended, so nothing was changed. What you sent is kept: sign in, look at it and send it again."})),
		alone("login-provider-stranger", "Sign in", signin.Login(signin.LoginProps{Providers: providers, Error: "Nobody signs in by this account of Google here. If you have an account here, sign in as you did before and link Google under Account. If you are invited, follow the link that was sent to you."})),
		alone("login-provider-down", "Sign in", signin.Login(signin.LoginProps{Providers: providers, Error: "GitHub cannot be reached now. Try again later, or sign in otherwise."})),
		alone("login-leave", "Going on to Google", signin.Leave(signin.LeaveProps{Title: "Google", To: "/console/gallery/login-providers"})),
		alone("link-join-providers", "Join", signin.Link(joinBy)),
		alone("link-verify", "Confirm your e-mail", signin.Link(signin.LinkProps{Action: "/console/verify", Token: "t", Title: "Confirm your e-mail", Text: "Give the password that you chose when you registered, and your registration is complete. If it was not you who registered, leave this page: nothing happens.", Chosen: true, Button: "Confirm it"})),
		alone("link-join", "Join", signin.Link(join)),
		alone("link-join-known", "Join", signin.Link(known)),
		alone("link-join-wrong", "Join", signin.Link(wrong)),
		alone("link-old", "This link is no longer good", signin.OldLink(true)),
		alone("link-done", "You have joined", signin.Done(signin.DoneProps{Title: "You have joined", Text: "You can sign in now with dana@example.com, in your app too."})),
		alone("link-done-signed-in", "Your e-mail is changed", signin.Done(signin.DoneProps{Title: "Your e-mail is changed", Text: "You sign in with the new one from now on.", SignedIn: true})),
		alone("forgot", "Another password", signin.Forgot(signin.ForgotProps{})),
		alone("forgot-sent", "Another password", signin.Forgot(signin.ForgotProps{Sent: true})),
		alone("forgot-often", "Another password", signin.Forgot(signin.ForgotProps{Email: hostile, Error: "You asked too often. Try again in 15 minutes."})),
		alone("forgot-off", "Another password", signin.Forgot(signin.ForgotProps{Off: true})),
		alone("login-mail", "Sign in", signin.Login(signin.LoginProps{Mail: true})),
	}
}
