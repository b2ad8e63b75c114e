package curl

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLinesAreRead(t *testing.T) {
	t.Parallel()
	const at = "https://sync.example.com/api/v1/sync-storage/items?prefix=a%20b"
	for name, c := range map[string]struct {
		line    string
		method  string
		url     string
		headers []Header
	}{
		"plain":                {"curl " + at, "GET", at, nil},
		"over several lines":   {"$ curl \\\n  '" + at + "' \\\r\n  -H 'X-API-Key: a b'\n", "GET", at, []Header{{"X-API-Key", "a b"}}},
		"of a Windows console": {"curl ^\n  \"" + at + "\" ^\n -H \"A: b\"", "GET", at, []Header{{"A", "b"}}},
		"a value behind":       {"curl -XPUT -HA:b -ufield:x " + at, "PUT", at, []Header{{"A", "b"}, {"Authorization", "Basic ZmllbGQ6eA=="}}},
		"letters together":     {"curl -sSLX DELETE " + at, "DELETE", at, nil},
		"an agent":             {`curl -A "Field\"App\" 1" ` + at, "GET", at, []Header{{"User-Agent", `Field"App" 1`}}},
		"data make a post":     {"curl --data-raw $'{\"a\":\\'b\\'}' " + at, "POST", at, nil},
		"data of a GET":        {"curl -G -d x=1 --data y=2 " + at, "GET", at + "&x=1&y=2", nil},
		"a file":               {"curl -T x " + at, "PUT", at, nil},
		"only the head":        {"curl -I " + at, "HEAD", at, nil},
		"with --url":           {"curl --compressed --max-time 3 -o out.json --url " + at, "GET", at, nil},
		"without a scheme":     {"curl localhost:3000/a", "GET", "http://localhost:3000/a", nil},
		"after --":             {"curl -- " + at, "GET", at, nil},
		"a header less":        {"curl -H 'Accept:' -H 'X-Empty;' " + at, "GET", at, nil},
		"a bare ampersand":     {"curl http://a/b?c=d&e=f", "GET", "http://a/b?c=d&e=f", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Parse(c.line)
			if err != nil {
				t.Fatal(err)
			}
			if r.Method != c.method || r.URL.String() != c.url || cmp.Diff(c.headers, r.Headers) != "" {
				t.Errorf("%s %s %q", r.Method, r.URL, r.Headers)
			}
		})
	}
}

func TestWhatIsNoCommandLineIsRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]error{
		"":                                     ErrNoCurl,
		"wget http://a":                        ErrNoCurl,
		"curl":                                 ErrURL,
		"curl 'http://a":                       ErrQuote,
		`curl "http://a`:                       ErrQuote,
		"curl $'http://a":                      ErrQuote,
		"curl http://a -H":                     ErrOption,
		"curl http://a http://b":               ErrMany,
		"curl ftp://a":                         ErrURL,
		"curl http://a | sh":                   ErrShell,
		"curl http://a; rm -rf":                ErrShell,
		"curl http://a && rm":                  ErrShell,
		"curl http://a\nrm -rf x":              ErrShell,
		"curl " + strings.Repeat("a", maxLine): ErrTooLong,
		"curl " + strings.Repeat("-s ", maxWords): ErrTooLong,
	} {
		if _, err := Parse(line); !errors.Is(err, want) {
			t.Errorf("%.40s: %v, want %v", line, err, want)
		}
	}
}

func TestHeadersAreFoundWhateverTheirCase(t *testing.T) {
	t.Parallel()
	r := Request{Headers: []Header{{"x-api-key", "a"}, {"X-API-KEY", "b"}}}
	if r.Header("X-Api-Key") != "a" || r.Header("Origin") != "" {
		t.Error(r.Header("X-Api-Key"), r.Header("Origin"))
	}
}

// Whatever is pasted, reading it ends, and words that are put into single quotes come back as they were.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"curl http://a", "curl 'http://a' -H \"A: b\\\"\" \\\n -d $'\\n'", "curl ^\n -XPUT http://a", "'", "\\", "$'\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := Parse(text); err == nil && (r.URL == nil || r.Method == "" && !strings.Contains(text, "X") && !strings.Contains(text, "request")) {
			t.Errorf("read without a method or URL: %+v", r)
		}
		word := strings.ReplaceAll(text, "\r\n", "\n")
		words, err := split("curl '" + strings.ReplaceAll(word, "'", `'\''`) + "'")
		if err != nil || len(words) != 2 || words[1] != word {
			t.Errorf("%q became %q (%v)", word, words, err)
		}
	})
}
