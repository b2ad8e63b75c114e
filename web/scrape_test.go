package web

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// TestTheMetricsAreAsPromtoolWantsThem runs the checks of `promtool check metrics`.
func TestTheMetricsAreAsPromtoolWantsThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "a", `{"value":1}`)
	h.call(t, "PUT", "/sync-storage/item/a", `{"value":1,"version":9}`)
	found, err := promlint.New(strings.NewReader(string(call(t, "GET", h.url+"/metrics", "").body))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestCredentialsAreAllowedToOriginsOnlyWhenConfigured(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{true, false} {
		s, _ := bare(t, func(o *Options) {
			o.CORSOrigins, o.CORSCredentials = []string{"https://a.example.com", "https://b.example.com"}, allowed
		})
		url := serve(t, s) + "/health/live"
		for _, origin := range []string{"https://a.example.com", "https://b.example.com"} {
			a := call(t, "GET", url, "", "Origin: "+origin)
			if got := a.header.Get("Access-Control-Allow-Origin"); got != origin {
				t.Errorf("%s got %q", origin, got)
			}
			if _, sent := a.header["Access-Control-Allow-Credentials"]; sent != allowed {
				t.Errorf("credentials %v: %v", allowed, a.header)
			}
		}
	}
}
