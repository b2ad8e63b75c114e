package web

import (
	"testing"
	"time"
)

func TestTheDocumentsFromElsewhereNeedACredential(t *testing.T) {
	t.Parallel()
	private := newHouse(t, nil)
	public := newHouse(t, func(o *Options) { o.PublicDocs = true })
	production := newHouse(t, func(o *Options) { o.Production = true })
	elsewhere := "X-Forwarded-For: 203.0.113.7"
	for _, path := range []string{"/api/openapi.json", "/api/docs", "/api/docs/start.js"} {
		for name, c := range map[string]struct {
			h       *house
			headers []string
			status  int
		}{
			"from here":                     {private, nil, 200},
			"from elsewhere":                {private, []string{elsewhere}, 401},
			"with a key":                    {private, []string{elsewhere, "X-API-Key: " + private.key}, 200},
			"with the key of another house": {private, []string{elsewhere, "X-API-Key: " + public.key}, 401},
			"with a token":                  {private, []string{elsewhere, "Authorization: Bearer " + private.token(t, "u", time.Minute)}, 200},
			"with a cookie that is none":    {private, []string{elsewhere, "Cookie: tidemark=x"}, 401},
			"open to anybody":               {public, []string{elsewhere}, 200},
			"from here in production":       {production, nil, 401},
			"with a key in production":      {production, []string{"X-API-Key: " + production.key}, 200},
		} {
			if a := call(t, "GET", c.h.url+path, "", c.headers...); a.status != c.status {
				t.Errorf("%s, %s: got %d, want %d", path, name, a.status, c.status)
			}
		}
	}
	call(t, "GET", private.url+"/api/docs", "", elsewhere).problem(t, 401, "api_key_missing")
}
