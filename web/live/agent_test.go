package live_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
)

// What a client calls itself is kept at whichever live door it comes in, as text and within bounds.
func TestADeviceIsKeptWithItsUserAgent(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	long := strings.Repeat("é", 400)
	for name, c := range map[string]struct{ sent, kept string }{
		"plain": {"Field app/7 (Android 15) <b>", "Field app/7 (Android 15) <b>"}, "long": {long, strings.Repeat("é", 256)}, "cut": {"x" + long, "x" + strings.Repeat("é", 255)}, "bytes": {"a\xffb", "ab"},
	} {
		h := http.Header{"X-Api-Key": {f.key}, "X-User-Id": {"u"}, "X-Instance-Id": {"ws-" + name}, "User-Agent": {c.sent}}
		ws, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), h)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		t.Cleanup(func() { _ = ws.Close() })
		r := f.raw(t, "&userId=u&instanceId=io-"+name, http.Header{"User-Agent": {c.sent}})
		r.send(fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
		for _, id := range []string{"ws-" + name, "io-" + name} {
			within(t, id+" is known", func() bool {
				d, err := f.store.Device(t.Context(), f.tenant.ID, "u", id)
				return err == nil && d.UserAgent == c.kept
			})
		}
	}
}
