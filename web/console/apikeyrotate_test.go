package console_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/web/e2e"
)

func TestAKeyGetsAnotherSecret(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, first := mint(t, h, access.NewKey{Name: "Tablets"})
	page := keysPath + "/" + k.ID
	form := b.get(page + "/rotate")
	if form.status != 200 || !strings.Contains(form.body, "Nothing is connected by it now.") || !strings.Contains(form.body, `value="24h0m0s" selected`) {
		t.Errorf("%d %s", form.status, form.body)
	}
	made := b.post(page+"/rotate", url.Values{"version": {"1"}, "overlap": {"1h0m0s"}})
	if made.status != 303 || made.header.Get("Location") != page+"/secret" {
		t.Fatalf("%d %s", made.status, made.body)
	}
	shown := b.get(page + "/secret")
	second := regexp.MustCompile(`sk_live_[0-9A-Za-z]+`).FindString(shown.body)
	if second == "" || second == first || !strings.Contains(shown.body, "New secret") {
		t.Fatalf("%s", shown.body)
	}
	if a, b := reads(t, h, first), reads(t, h, second); a != 200 || b != 200 {
		t.Errorf("the former %d, the new one %d", a, b)
	}
	if e := lastAudit(t, h); e.Action != "apikey.rotate" || !strings.HasPrefix(e.Actor, "account:") || strings.Contains(string(e.Detail), second) {
		t.Errorf("%+v", e)
	}
	if stale := b.post(page+"/rotate", url.Values{"version": {"1"}, "overlap": {"0s"}}); stale.status != 409 || !strings.Contains(stale.body, "No secret was made.") {
		t.Errorf("a stale one: %d", stale.status)
	}
	for _, wrong := range []url.Values{{"version": {"2"}, "overlap": {"soon"}}, {"version": {"2"}, "overlap": {"9999h"}}, {"overlap": {"1h0m0s"}}} {
		if a := b.post(page+"/rotate", wrong); a.status/100 != 4 {
			t.Errorf("%v: %d", wrong, a.status)
		}
	}
	if now := b.get(page); !strings.Contains(now.body, "…"+first[len(first)-4:]) || !strings.Contains(now.body, "ends in 1 h") && !strings.Contains(now.body, "ends in 60 min") {
		t.Error("the page does not tell of the former secret")
	}
	if again := b.get(page + "/rotate"); !strings.Contains(again.body, "It ends at once.") {
		t.Error("nobody is told that the former secret ends")
	}
	if a := b.post(page+"/former", url.Values{"version": {"2"}}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a, b := reads(t, h, first), reads(t, h, second); a != 401 || b != 200 {
		t.Errorf("the former %d, the new one %d", a, b)
	}
	if now := b.get(page); strings.Contains(now.body, "Former secret") {
		t.Error("the former secret is still told of")
	}
}

func TestASecretThatIsTooOldIsTold(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.KeyAge, o.Clock = 90, clock.At(time.Now().Add(91*24*time.Hour+time.Minute)) })
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "Tablets"})
	for _, path := range []string{keysPath, keysPath + "/" + k.ID} {
		if page := b.get(path); !strings.Contains(page.body, "secret 91 days old") {
			t.Errorf("%s does not tell", path)
		}
	}
}
