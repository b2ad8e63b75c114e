package access

import (
	"testing"

	"tidemark/internal/fault"
)

func TestPasskeysNeedANameOfTheServer(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]fault.Code{
		"https://sync.example.com": "", "http://localhost:3000": "",
		"http://127.0.0.1:3000": fault.Unavailable, "https://[::1]": fault.Unavailable, "": fault.Unavailable, "https://": fault.Unavailable,
	} {
		if _, err := (&Access{}).relyingParty(origin); err == nil && want != "" || err != nil && fault.CodeOf(err) != want {
			t.Errorf("%q: %v, want %q", origin, err, want)
		}
	}
}
