package live_test

import (
	"strings"
	"testing"
)

func TestASocketKeepsAndTellsWhatAClientEncrypted(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, other := f.dial(t, "u", "a"), f.dial(t, "u", "b")
	if a := c.ask("sync:set", `{"key":"k","value":"c2VjcmV0","encryptionType":"client"}`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	if m := other.expect("sync:update"); !strings.Contains(string(m.Data), `"value":"c2VjcmV0"`) || !strings.Contains(string(m.Data), `"encryptionType":"client"`) {
		t.Errorf("%s", m.Data)
	}
	if a := c.ask("sync:set", `{"key":"k","value":"c2VjcmV0","encryptionType":"mine"}`); a.OK || a.Error.Code != "invalid" {
		t.Errorf("got %+v", a)
	}
}
