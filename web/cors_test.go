package web

import (
	"strings"
	"testing"
)

func TestOnlyAllowedOriginsMayReadAnswers(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, func(o *Options) { o.CORSOrigins, o.CORSCredentials = []string{"https://app.example.com"}, true })
	url := serve(t, s) + "/health/live"
	a := call(t, "GET", url, "", "Origin: https://app.example.com")
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "https://app.example.com" {
		t.Errorf("allowed origin got %q", got)
	}
	if a.header.Get("Access-Control-Allow-Credentials") != "true" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("headers: %v", a.header)
	}
	for _, origin := range []string{"https://evil.example.com", "http://app.example.com", "https://app.example.com.evil.org", "null", "https://app.example.com:8443"} {
		a := call(t, "GET", url, "", "Origin: "+origin)
		if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s got %q", origin, got)
		}
		if a.header.Get("Vary") != "Origin" {
			t.Errorf("%s: Vary is %q", origin, a.header.Get("Vary"))
		}
	}
}

func TestAPreflightIsAnsweredWithoutACredential(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, func(o *Options) { o.CORSOrigins = []string{"https://app.example.com"} })
	url := serve(t, s) + "/api/v1/sync-storage/item/a"
	a := call(t, "OPTIONS", url, "", "Origin: https://app.example.com", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-api-key")
	if a.status != 204 || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PUT") ||
		!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "X-API-Key") || a.header.Get("Access-Control-Max-Age") == "" {
		t.Errorf("got %d %v", a.status, a.header)
	}
	a = call(t, "OPTIONS", url, "", "Origin: https://evil.example.com", "Access-Control-Request-Method: PUT")
	if a.status == 204 || a.header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("another origin got %d %v", a.status, a.header)
	}
}

func TestWithoutConfiguredOriginsNothingIsShared(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	a := call(t, "GET", serve(t, s)+"/health/live", "", "Origin: https://app.example.com")
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestOriginsAreCheckedAtStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		origins     []string
		credentials bool
		good        bool
	}{
		{[]string{"https://a.example.com", "http://localhost:5173"}, true, true},
		{[]string{"*"}, false, true},
		{[]string{"*"}, true, false},
		{[]string{"a.example.com"}, false, false},
		{[]string{"https://a.example.com/"}, false, false},
		{[]string{"https://*.example.com/x"}, false, false},
	} {
		if _, err := newCORS(c.origins, c.credentials); (err == nil) != c.good {
			t.Errorf("%v, credentials %v: %v", c.origins, c.credentials, err)
		}
	}
}
