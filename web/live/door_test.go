package live_test

import (
	"net/http"
	"testing"

	"github.com/fasthttp/websocket"
)

func TestANameIsNoCredential(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	_, res, err := websocket.DefaultDialer.Dial(f.wsURL("?userId=u&instanceId=phone"), nil)
	if err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("a plain websocket: %v", err)
	}
	_ = res.Body.Close()
	r := f.raw(t, "&userId=u&instanceId=phone", nil)
	r.send("40/sync,")
	r.expect(`44/sync,{"message":"api_key_missing"`)
}

func TestSocketIOTakesNoSecretInTheURL(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, query := range []string{"&apiKey=" + f.key, "&token=x", "&access_token=x", "&X-API-Key=" + f.key} {
		r := f.raw(t, query, nil)
		r.send(`40/sync,{"apiKey":"` + f.key + `"}`)
		r.expect(`44/sync,{"message":"malformed"`)
	}
}

func TestMessagesAreNeverCompressed(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	eager := websocket.Dialer{EnableCompression: true}
	for _, url := range []string{f.wsURL(""), "ws" + f.url[len("http"):] + "/socket.io/?EIO=4&transport=websocket"} {
		c, res, err := eager.Dial(url, http.Header{"X-Api-Key": {f.key}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("Sec-Websocket-Extensions"); got != "" {
			t.Errorf("%s speaks %q", url, got)
		}
		_ = c.Close()
	}
}
