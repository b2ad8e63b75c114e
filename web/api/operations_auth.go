package api

import "github.com/danielgtaylor/huma/v2"

// authOperations describe how people sign in.
func authOperations() []operation {
	const base = "/api/v1/auth"
	refusals := []int{400, 401, 403, 422, 429, 503}
	post := func(name, id, summary string, body any, answers map[int]any, more ...int) operation {
		return operation{method: "POST", path: base + "/" + name, id: id, tag: "people", summary: summary, body: body, answers: answers, refusals: with(refusals, more...)}
	}
	token, mailed, done := map[int]any{200: TokenReply{}}, map[int]any{202: map[string]any{}}, map[int]any{204: nil}
	account := []string{"token"}
	provider := post("oauth/{provider}", "oauth", "Sign in with a code of a provider", ProviderCredentials{}, token, 404, 409)
	provider.params = []*huma.Param{{Name: "provider", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "Its name, as of /api/v1/auth/providers."}}
	return []operation{
		post("register", "register", "Ask to become a member of a tenant; a link is mailed", RegistrationInput{}, mailed, 409),
		post("verify", "verify", "Follow the link of a registration, or of a new e-mail", VerifyInput{}, map[int]any{200: Person{}}),
		post("login", "login", "Sign in with a password", Credentials{}, token),
		post("firebase", "firebase", "Sign in with an ID token of Firebase", FirebaseCredentials{}, token, 409),
		{
			method: "GET", path: base + "/providers", id: "providers", tag: "people", summary: "By whom people can sign in",
			answers: map[int]any{200: ProviderReply{}}, refusals: []int{400, 429, 503},
		},
		provider,
		post("refresh", "refresh", "Get the next tokens; the refresh token is used up", RefreshToken{}, token),
		post("logout", "logout", "End a sign-in", RefreshToken{}, done),
		post("forgot", "forgot", "Ask for another password; a link is mailed to who has an account", ForgottenInput{}, mailed),
		post("reset", "reset", "Set another password by such a link; every sign-in ends", ResetInput{}, done),
		post("accept", "accept", "Accept an invitation", AcceptInput{}, map[int]any{200: Person{}}),
		{
			method: "GET", path: base + "/me", id: "me", tag: "people", summary: "Who a token is of", security: account,
			answers: map[int]any{200: Myself{}}, refusals: readRefusals,
		},
		{
			method: "PATCH", path: base + "/me", id: "changeMe", tag: "people", summary: "Change the account of a token", security: account,
			params: []*huma.Param{header("If-Match", "Version that is changed, in quotes; required.")},
			body:   PersonInput{}, answers: map[int]any{200: Myself{}}, refusals: with(readRefusals, 409),
		},
		{
			method: "GET", path: base + "/me/avatar", id: "avatar", tag: "people", summary: "The picture of whom a token is of, as a PNG", security: account,
			answers: map[int]any{200: ""}, mediaType: "image/png", refusals: with(readRefusals, 404),
		},
		{
			method: "POST", path: base + "/logout-everywhere", id: "logoutEverywhere", tag: "people", summary: "End every sign-in of the account of a token",
			security: account, answers: done, refusals: readRefusals,
		},
	}
}
