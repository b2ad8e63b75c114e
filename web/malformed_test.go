package web

import (
	"fmt"
	"strings"
	"testing"
)

// malformed are bodies that no door takes.
var malformed = map[string]string{
	"nothing":             ``,
	"white space":         " \n\t",
	"noise":               "\x00\x01\x02",
	"half an object":      `{"value":`,
	"an array":            `[1]`,
	"a string":            `"x"`,
	"null":                `null`,
	"two objects":         `{"value":1}{"value":2}`,
	"trailing bytes":      `{"value":1}x`,
	"a comma too many":    `{"value":1,}`,
	"single quotes":       `{'value':1}`,
	"a comment":           `{"value":1/**/}`,
	"NaN":                 `{"value":NaN}`,
	"infinity":            `{"value":-Infinity}`,
	"a leading zero":      `{"value":01}`,
	"a bare point":        `{"value":1.}`,
	"a plus":              `{"value":+1}`,
	"hexadecimal":         `{"value":0x1}`,
	"an unknown field":    `{"value":1,"extra":1}`,
	"another case":        `{"VALUE":1}`,
	"a duplicate":         `{"value":1,"value":2}`,
	"a hidden duplicate":  `{"value":1,"\u0076alue":2}`,
	"a deep duplicate":    `{"value":{"a":1,"a":2}}`,
	"bad UTF-8":           "{\"value\":\"\xff\"}",
	"an overlong form":    "{\"value\":\"\xc0\x80\"}",
	"a surrogate":         "{\"value\":\"\xed\xa0\x80\"}",
	"half a pair":         `{"value":"\ud800"}`,
	"a bad escape":        `{"value":"\x"}`,
	"a control character": "{\"value\":\"\x01\"}",
	"a byte order mark":   "\ufeff" + `{"value":1}`,
	"too deep":            `{"value":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`,
	"far too deep":        `{"value":` + strings.Repeat("[", 100_000),
	"a version in quotes": `{"value":1,"version":"1"}`,
	"half a version":      `{"value":1,"version":1.5}`,
	"tags as text":        `{"value":1,"tags":"a"}`,
	"a tag as number":     `{"value":1,"tags":[1]}`,
	"the tenant":          `{"value":1,"tenantId":"x"}`,
	"the user":            `{"value":1,"userId":"x"}`,
	"the size":            `{"value":1,"size":1}`,
	"a form":              `value=1&x=2`,
}

// unacceptable are bodies that are well formed, but will not do.
var unacceptable = map[string]string{
	"no value":            `{}`,
	"a negative version":  `{"value":1,"version":-1}`,
	"a huge version":      `{"value":1,"version":99999999999999999999}`,
	"metadata as list":    `{"value":1,"metadata":[]}`,
	"too many tags":       `{"value":1,"tags":["a"` + strings.Repeat(`,"a"`, 32) + `]}`,
	"an empty tag":        `{"value":1,"tags":[""]}`,
	"a long tag":          `{"value":1,"tags":["` + strings.Repeat("x", 65) + `"]}`,
	"no time to live":     `{"value":1,"ttl":0}`,
	"a negative ttl":      `{"value":1,"ttl":-5}`,
	"an unclear ttl":      `{"value":1,"ttl":"tomorrow"}`,
	"a huge ttl":          `{"value":1,"ttl":99999999999999999999}`,
	"a priority too high": `{"value":1,"priority":99999999999}`,
}

func TestMalformedBodiesGetTheShapeOfErrorsAndNever5xx(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	check := func(a answer, name string, status int) {
		t.Helper()
		if a.status != 400 && a.status != 422 {
			t.Errorf("%s: got %d %s", name, a.status, a.body)
			return
		}
		code := "malformed"
		if a.status == 422 {
			code = "invalid"
		}
		details := a.problem(t, a.status, code)
		if status != 0 && a.status != status {
			t.Errorf("%s: got %d %s, want %d", name, a.status, a.body, status)
		}
		if fields, _ := details["fields"].([]any); a.status == 422 && len(fields) == 0 {
			t.Errorf("%s names no field: %s", name, a.body)
		}
	}
	for name, body := range malformed {
		check(h.call(t, "PUT", "/sync-storage/item/a", body), "put "+name, 400)
		check(h.call(t, "POST", "/sync/events", body), "push "+name, 0)
		event := strings.TrimPrefix(body, "{")
		check(h.call(t, "POST", "/sync/events", `{"events":[{"opId":"1","op":"set","key":"a",`+event+`]}`), "push of "+name, 400)
	}
	for name, body := range unacceptable {
		check(h.call(t, "PUT", "/sync-storage/item/a", body), "put "+name, 422)
		a := h.call(t, "POST", "/sync/events", strings.Replace(`{"events":[{"opId":"1","op":"set","key":"a",`+body[1:]+`]}`, ",}", "}", 1))
		if a.status != 200 || !strings.Contains(string(a.body), `"code":"invalid"`) {
			t.Errorf("push of %s: %d %s", name, a.status, a.body)
		}
	}
	for _, body := range []string{`{"events":{}}`, `{"events":null}`, `{"events":[1]}`, `{"events":[[]]}`, `{}`, `{"events":[],"x":1}`} {
		check(h.call(t, "POST", "/sync/events", body), "push "+body, 0)
	}
	if rows := h.logged(t); rows != nil {
		t.Errorf("something was written: %v", rows)
	}
}

func TestOddRequestsNeverGet5xx(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	paths := []string{
		"/", "//", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/sync-storage", "/api/v1/sync-storage/item", "/api/v1/sync-storage/item/%2e%2e",
		"/api/v1/sync/events?since=%ff&limit=%00", "/api/v1/sync-storage/items?prefix=%", "/api/v1/sync-storage/items?" + strings.Repeat("a=b&", 500),
		"/sync", "/socket.io/", "/socket.io/?EIO=3", "/socket.io/?EIO=4&transport=smoke", "/socket.io/?EIO=4&transport=polling&sid=none",
		"/api/docs/", "/api/docs/a/b", "/metrics/", "/health/live/x",
	}
	headers := []string{
		"Range: bytes=0-1", "Content-Type: multipart/form-data; boundary=x", "Content-Type: \xff", "Accept-Encoding: gzip", "If-Match: ",
		"If-None-Match: \"", "X-Request-Id: " + strings.Repeat("x", 1000), "Cookie: a=b; =; ;", "Origin: null", "Expect: 100-continue", "Upgrade: h2c",
		"X-User-Id: \u0080", "Authorization: Bearer " + strings.Repeat("a.", 2000),
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			for _, header := range append(headers[:1:1], headers[len(path)%len(headers)]) {
				send := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nConnection: close\r\nContent-Length: 2\r\n%s\r\n\r\n{}", method, path, h.key, header)
				got, _ := raw(t, h.url, send)
				got = strings.TrimPrefix(got, "HTTP/1.1 100 Continue\r\n\r\n")
				if !strings.HasPrefix(got, "HTTP/1.1 ") || got[9] == '5' {
					t.Errorf("%s %s with %q: %q", method, path, header, got)
				}
			}
		}
	}
}
