package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/oauth2"
)

// github is GitHub, or a GitHub Enterprise Server: OAuth 2.0 with PKCE, and its own API for who somebody is.
type github struct {
	opt    *Options
	client *http.Client
}

func (g *github) endpoint(context.Context) (oauth2.Endpoint, error) {
	return oauth2.Endpoint{
		AuthURL: g.opt.Issuer + "/login/oauth/authorize", TokenURL: g.opt.Issuer + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}, nil
}

func (g *github) issued(_ context.Context, issuer string) error {
	if issuer != "" && issuer != g.opt.Issuer && issuer != g.opt.Issuer+"/login/oauth" {
		return errors.New("the answer is of another issuer")
	}
	return nil
}

// api is where GitHub's API is: beside the pages, or on a server of its own below them.
func (g *github) api() string {
	if g.opt.Issuer == presets["github"].base {
		return "https://api.github.com"
	}
	return g.opt.Issuer + "/api/v3"
}

func (g *github) user(ctx context.Context, t *oauth2.Token, _ string) (User, error) {
	var who struct {
		ID    int64
		Login string
		Name  string
	}
	if err := g.ask(ctx, t, "/user", &who); err != nil {
		return User{}, err
	}
	if who.ID <= 0 {
		return User{}, errors.New("the answer names no user")
	}
	u := User{Issuer: g.opt.Issuer, Subject: strconv.FormatInt(who.ID, 10), Name: who.Name}
	if u.Name == "" {
		u.Name = who.Login
	}
	var emails []struct {
		Email             string
		Primary, Verified bool
	}
	if err := g.ask(ctx, t, "/user/emails", &emails); err != nil {
		return User{}, err
	}
	for _, e := range emails {
		if e.Primary && e.Verified {
			u.Email = e.Email
		}
	}
	return u, nil
}

func (g *github) ask(ctx context.Context, t *oauth2.Token, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api()+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("Authorization", "Bearer "+t.AccessToken)
	res, err := g.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered with %d", path, res.StatusCode)
	}
	return json.NewDecoder(res.Body).Decode(into)
}
