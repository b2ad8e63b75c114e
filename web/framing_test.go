package web

import (
	"fmt"
	"strings"
	"testing"
)

func TestRequestsThatCanBeReadInTwoWaysAreRefusedAndTheConnectionCloses(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	const hidden = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
	chunked := fmt.Sprintf("0\r\n\r\n%s", hidden)
	for name, send := range map[string]string{
		"length and encoding":    "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
		"encoding and length":    "POST /api/docs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked,
		"odd case":               "POST /api/docs HTTP/1.1\r\nHost: x\r\ntRANSFER-eNCODING: chunked\r\ncONTENT-lENGTH: 5\r\n\r\n" + chunked,
		"length and identity":    "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: identity\r\n\r\nhi" + hidden,
		"two encodings":          "POST /api/docs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
		"an unknown encoding":    "POST /api/docs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n" + chunked,
		"encoding in HTTP/1.0":   "POST /api/docs HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
		"two equal lengths":      "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi" + hidden,
		"two different lengths":  "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 0\r\n\r\nhi" + hidden,
		"a list of lengths":      "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\nhi" + hidden,
		"a negative length":      "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + hidden,
		"space before the colon": "POST /api/docs HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\n" + hidden,
		"a folded header":        "POST /api/docs HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n" + hidden,
		"bare line feeds":        "POST /api/docs HTTP/1.1\nHost: x\nContent-Length: 0\n\n" + hidden,
		"one bare line feed":     "POST /api/docs HTTP/1.1\r\nHost: x\nContent-Length: 0\r\n\r\n" + hidden,
		"no host":                "POST /api/docs HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + hidden,
		"two hosts":              "POST /api/docs HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n" + hidden,
		"identity alone":         "POST /api/docs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n" + hidden,
		"identity in HTTP/1.0":   "POST /api/docs HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: identity\r\n\r\n" + hidden,
		"HTTP/2.0":               "GET /health/live HTTP/2.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" + hidden,
		"HTTP/1.2":               "GET /health/live HTTP/1.2\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" + hidden,
		"HTTP/0.9":               "GET /health/live HTTP/0.9\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" + hidden,
		"a bad chunk":            "POST /api/docs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + hidden,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, closed := raw(t, url, send)
			if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
				t.Errorf("answered %q, want 400", got)
			}
			if n := strings.Count(got, "HTTP/1.1 "); n != 1 {
				t.Errorf("%d answers, want one: the hidden request must not be answered", n)
			}
			if !closed {
				t.Error("the connection stays open")
			}
			if !strings.Contains(got, `"code":"malformed"`) || !strings.Contains(got, `"requestId":`) {
				t.Errorf("not the shape of errors: %q", got)
			}
		})
	}
}

func TestAHeaderThatMayBeThereOnceIsRefusedTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	item := h.url + "/api/v1/sync-storage/item/a"
	for _, name := range []string{"If-Match", "If-None-Match", "X-API-Key", "X-User-Id", "X-Instance-Id", "X-Schema-Version", "Authorization", "Idempotency-Key"} {
		a := call(t, "PUT", item, `{"value":1}`, name+": a", name+": a")
		a.problem(t, 400, "malformed")
		call(t, "PUT", item, `{"value":1}`, name+": a", strings.ToLower(name)+": b").problem(t, 400, "malformed")
	}
	if a := h.call(t, "PUT", "/sync-storage/item/a", `{"value":1}`, "Cookie: a=b", "Cookie: c=d", "X-User-Id: u", "X-Instance-Id: i"); a.status != 200 {
		t.Errorf("each once: %d %s", a.status, a.body)
	}
}

func TestPlainRequestsKeepTheConnection(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	one := "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
	got, closed := raw(t, url, one+one)
	if n := strings.Count(got, "HTTP/1.1 200 OK"); n != 2 || closed {
		t.Errorf("%d answers, closed %v; want two on an open connection:\n%s", n, closed, got)
	}
}

func TestWhatIsNoRequestIsRefusedInTheShapeOfErrors(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	for name, c := range map[string]struct{ send, status, code string }{
		"noise":               {"\x16\x03\x01\x02\r\n\r\n", "400", "malformed"},
		"a head that is huge": {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n", "431", "malformed"},
		"a long address":      {"GET /" + strings.Repeat("x", 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431", "malformed"},
		"an unknown method":   {"BREW /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405", "method_not_allowed"},
		"TRACE":               {"TRACE /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405", "method_not_allowed"},
		"CONNECT":             {"CONNECT x:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405", "method_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := raw(t, url, c.send)
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.status) || !strings.Contains(got, `"code":"`+c.code+`"`) {
				t.Errorf("answered %q, want %s %s", got, c.status, c.code)
			}
		})
	}
}
