package web

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"
)

// cors says which pages of other origins may call us.
type cors struct {
	any         bool
	origins     map[string]bool
	credentials bool
}

const (
	corsMethods = "GET, HEAD, PUT, POST, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key, X-Instance-Id, X-Request-Id, X-Schema-Version, X-User-Id, traceparent"
	corsExposes = "ETag, Idempotency-Replayed, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id"
)

func newCORS(origins []string, credentials bool) (cors, error) {
	c := cors{origins: map[string]bool{}, credentials: credentials}
	for _, o := range origins {
		if o == "*" {
			c.any = true
			continue
		}
		u, err := url.Parse(o)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o || strings.Contains(o, "*") {
			return c, fmt.Errorf("CORS_ORIGIN: %q is not an origin such as https://app.example.com", o)
		}
		c.origins[strings.ToLower(o)] = true
	}
	if c.any && credentials {
		return c, fmt.Errorf("CORS_ORIGIN: * and CORS_CREDENTIALS=true would let every page act for its visitors; name the origins")
	}
	return c, nil
}

// apply lets an allowed origin read the answer, and says whether the request was a preflight, which is answered by that.
func (c cors) apply(ctx *fasthttp.RequestCtx) (preflight bool) {
	if !c.any && len(c.origins) == 0 {
		return false
	}
	h := &ctx.Response.Header
	h.Add("Vary", "Origin")
	origin := string(ctx.Request.Header.Peek("Origin"))
	if origin == "" || !c.any && !c.origins[strings.ToLower(origin)] {
		return false
	}
	if c.any {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if c.credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if !ctx.IsOptions() || len(ctx.Request.Header.Peek("Access-Control-Request-Method")) == 0 {
		h.Set("Access-Control-Expose-Headers", corsExposes)
		return false
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", "600")
	ctx.SetStatusCode(fasthttp.StatusNoContent)
	return true
}
