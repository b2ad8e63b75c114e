package console_test

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestAPageComesCompressedToWhoTakesItSo(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	plain := b.get("/console/t/acme")
	small := b.get("/console/t/acme", "Accept-Encoding: gzip, br")
	if plain.header.Get("Content-Encoding") != "" || small.header.Get("Content-Encoding") != "gzip" || len(small.body) > len(plain.body)/2 {
		t.Errorf("%q of %d bytes, %q of %d", plain.header.Get("Content-Encoding"), len(plain.body), small.header.Get("Content-Encoding"), len(small.body))
	}
	for _, a := range []answer{plain, small} {
		if !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("Vary: %s", a.header.Get("Vary"))
		}
	}
	r, err := gzip.NewReader(strings.NewReader(small.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || nowAttr.ReplaceAllString(tokens.ReplaceAllString(string(text), ""), "") != nowAttr.ReplaceAllString(tokens.ReplaceAllString(plain.body, ""), "") {
		t.Errorf("it is another page: %v\n%s", err, text)
	}
}

func TestAPageThatAnotherSiteLeadsToIsNotCompressed(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	for site, want := range map[string]string{"cross-site": "", "same-site": "", "same-origin": "gzip", "none": "gzip"} {
		a := b.get("/console/t/acme/storage?prefix=guess", "Accept-Encoding: gzip", "Sec-Fetch-Site: "+site)
		if got := a.header.Get("Content-Encoding"); a.status != 200 || got != want {
			t.Errorf("%s: %d, %q", site, a.status, got)
		}
	}
}
