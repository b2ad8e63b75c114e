package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// An instance that connects at another server is told at the first one, over both kinds of sockets.
func TestAnInstanceThatConnectsAtAnotherServerIsReplaced(t *testing.T) {
	t.Parallel()
	_, at := pair(t)
	for name, sio := range map[string]bool{"socket.io": true, "websocket": false} {
		t.Run(name, func(t *testing.T) {
			var here *socket
			for node := range 4 {
				there := at(node, "roams", name).live(t, sio)
				if before := here; before != nil {
					testkit.Eventually(t, time.Minute, fmt.Sprintf("connection %d ends", node), before.ended)
					told := before.named("error")
					if len(told) != 1 || !strings.Contains(string(told[0].data), `"code":"replaced"`) {
						t.Errorf("connection %d is told %s", node, told)
					}
				}
				here = there
			}
			if a, err := here.ask("sync:set", `{"key":"k","value":1}`); err != nil || a.problem != nil {
				t.Errorf("the last one: %s %v", a, err)
			}
			if a, err := at(0, "roams", "").put("other", "1", ""); err != nil || a.problem != nil {
				t.Fatal(a, err)
			}
			testkit.Eventually(t, time.Minute, "it hears what comes", func() bool { return len(here.named("sync:update")) == 1 })
			if here.ended() {
				t.Error("the last one is closed too")
			}
		})
	}
}
