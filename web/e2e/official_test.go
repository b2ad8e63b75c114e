package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// transports of the official client, by what its options say.
var transports = map[string]string{"default": "", "websocket only": "websocket", "polling only": "polling"}

// official is the official client in a process of its own.
type official struct {
	t     testing.TB
	stdin io.WriteCloser

	mu   sync.Mutex
	last int
	acks map[int]json.RawMessage
	seen []message // events, with the client's own connect, disconnect and connect_error
}

// being says what the official client is to be.
type being struct {
	user, instance, transports string
	acks                       bool
}

// official starts the official client, which connects by itself.
func (h *house) official(t testing.TB, b being) *official {
	t.Helper()
	testkit.SocketClient(t)
	cmd := exec.Command("node", "js/bridge.js")
	cmd.Env = append(os.Environ(), "TIDEMARK_URL="+h.URL, "TIDEMARK_KEY="+h.key.Secret, "USER="+b.user, "INSTANCE="+b.instance, "TRANSPORTS="+b.transports)
	if b.acks {
		cmd.Env = append(cmd.Env, "ACKS=yes")
	}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &official{t: t, stdin: stdin, acks: map[int]json.RawMessage{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.read(stdout)
	}()
	t.Cleanup(func() {
		_ = stdin.Close() // it ends by that
		<-done
		_ = cmd.Wait() // however it ended
	})
	return o
}

func (o *official) read(r io.Reader) {
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var m struct {
			Event string
			Ack   int
			Data  json.RawMessage
		}
		if err := json.Unmarshal(line, &m); err != nil {
			o.t.Errorf("the official client said %.200s", line)
			return
		}
		o.mu.Lock()
		if m.Ack > 0 {
			o.acks[m.Ack] = m.Data
		} else {
			o.seen = append(o.seen, message{m.Event, m.Data})
		}
		o.mu.Unlock()
	}
}

func (o *official) command(text string) {
	o.t.Helper()
	if _, err := io.WriteString(o.stdin, text+"\n"); err != nil {
		o.t.Fatal(err)
	}
}

// ask emits an event and waits for its ack.
func (o *official) ask(event, data string) json.RawMessage {
	o.t.Helper()
	o.mu.Lock()
	o.last++
	id := o.last
	o.mu.Unlock()
	o.command(fmt.Sprintf(`{"do":"emit","id":%d,"event":%q,"data":%s}`, id, event, data))
	var got json.RawMessage
	testkit.Eventually(o.t, 20*time.Second, "an ack of "+event, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		got = o.acks[id]
		return got != nil
	})
	return got
}

func (o *official) all() []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.seen)
}

// count is how often an event came.
func (o *official) count(name string) int {
	n := 0
	for _, m := range o.all() {
		if m.name == name {
			n++
		}
	}
	return n
}

// await waits until an event has come so many times.
func (o *official) await(name string, times int) {
	o.t.Helper()
	testkit.Eventually(o.t, 40*time.Second, fmt.Sprintf("%d %s", times, name), func() bool { return o.count(name) >= times })
}

// connections are the changes that came over each connection, in order.
func (o *official) connections() [][]event {
	var list [][]event
	for _, m := range o.all() {
		var batch []event
		var one event
		var err error
		switch m.name {
		case "connect":
			list = append(list, nil)
		case "pending-updates":
			err = json.Unmarshal(m.data, &batch)
		case "sync:update", "sync:remove":
			err = json.Unmarshal(m.data, &one)
			batch = []event{one}
		}
		if err != nil {
			o.t.Errorf("%s: %v", m.name, err)
		}
		if len(batch) > 0 {
			list[len(list)-1] = append(list[len(list)-1], batch...)
		}
	}
	return list
}

// missed gives what is wrong with how the changes of these numbers came: each at
// least once, on every connection in order, and none before one that was older and never seen.
func (o *official) missed(want []int64) error {
	next := 0
	for n, list := range o.connections() {
		last := int64(0)
		for _, e := range list {
			if e.Seq <= last {
				return fmt.Errorf("on connection %d, %d came after %d", n, e.Seq, last)
			}
			last = e.Seq
			switch at, known := slices.BinarySearch(want, e.Seq); {
			case !known:
				return fmt.Errorf("%d came, which nobody wrote", e.Seq)
			case at > next:
				return fmt.Errorf("%d came before %d", e.Seq, want[next])
			case at == next:
				next++
			}
		}
	}
	if next < len(want) {
		return fmt.Errorf("only %d of %d came", next, len(want))
	}
	return nil
}

// whole waits until all has come, and fails at once when something is out of order.
func (o *official) whole(want []int64) {
	o.t.Helper()
	var err error
	deadline := time.Now().Add(60 * time.Second)
	for {
		if err = o.missed(want); err == nil || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		o.t.Error(err)
	}
}

func TestTheOfficialClientAgainstTheProgram(t *testing.T) {
	t.Parallel()
	h := open(t, "DATABASE_URL="+testkit.MariaDB(t).URL())
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", "client.test.js")
	cmd.Dir = testkit.SocketClient(t)
	cmd.Env = append(os.Environ(), "TIDEMARK_URL="+h.URL, "TIDEMARK_KEY="+h.key.Secret, "TIDEMARK_READER="+h.mint("acme", "--read-only").Secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.verify()
}

func TestTheSnippetOfTheReadmeWorks(t *testing.T) {
	t.Parallel()
	h := open(t)
	testkit.SocketClient(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "js/snippet.js")
	cmd.Env = append(os.Environ(), "README="+filepath.Join(testkit.Root(t), "README.md"), "TIDEMARK_URL="+h.URL, "TIDEMARK_KEY="+h.key.Secret)
	out, err := cmd.CombinedOutput()
	var answer struct {
		OK      bool
		Status  string
		Key     string
		Version int
	}
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err != nil || !answer.OK || answer.Key != "greeting" || answer.Version != 1 {
		t.Errorf("the snippet printed %s: %v", out, err)
	}
	if a, err := h.as("user123", "").get("greeting"); err != nil || string(a.Value) != `"hello"` {
		t.Errorf("it stored %s %v", a, err)
	}
}
