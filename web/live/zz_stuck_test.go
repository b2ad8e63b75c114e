package live_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

func TestZStuck(t *testing.T) {
	if os.Getenv("TM_STUCK") == "" {
		return
	}
	c := exec.Command(os.Args[0], "-test.run=TestZServe")
	c.Env = append(os.Environ(), "TM_SERVE=1")
	in, _ := c.StdinPipe()
	out, _ := c.StdoutPipe()
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	rd := bufio.NewReader(out)
	line, _ := rd.ReadString('\n')
	p := strings.Fields(line)
	url, key := p[1], p[2]
	cmd := func(s string) { io.WriteString(in, s+"\n"); for { l, err := rd.ReadString('\n'); if err != nil || l == "OK\n" { return }; fmt.Print(l) } }
	var conns []*websocket.Conn
	for i := range 1000 {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+url[4:]+"/sync", http.Header{"X-Api-Key": {key}, "X-User-Id": {"u"}, "X-Instance-Id": {fmt.Sprint("i", i)}})
		if err != nil { t.Fatal(err) }
		for range 2 { ws.ReadMessage() }
		conns = append(conns, ws)
	}
	time.Sleep(time.Second)
	before := rss(c.Process.Pid)
	w, _, _ := websocket.DefaultDialer.Dial("ws"+url[4:]+"/sync", http.Header{"X-Api-Key": {key}, "X-User-Id": {"u"}, "X-Instance-Id": {"w"}})
	for range 2 { w.ReadMessage() }
	acks := make(chan int, 1)
	go func() { n := 0; for { _, b, err := w.ReadMessage(); if err != nil { acks <- n; return }; if bytes.Contains(b, []byte(`"ack"`)) { n++; if n == 8000 { acks <- n; return } } } }()
	v := strings.Repeat("x", 1000)
	began := time.Now()
	go func() { for i := range 8000 { w.WriteMessage(1, []byte(fmt.Sprintf(`{"event":"sync:set","id":%d,"data":{"key":"k%d","value":%q}}`, i, i%500, v))) } }()
	peak := 0
	for done := false; !done; {
		select {
		case n := <-acks:
			fmt.Println("acks", n, time.Since(began))
			done = true
		case <-time.After(200 * time.Millisecond):
			if r := rss(c.Process.Pid); r > peak { peak = r }
			if time.Since(began) > 100*time.Second { fmt.Println("timeout"); done = true }
		}
	}
	for range 10 { time.Sleep(300*time.Millisecond); if r := rss(c.Process.Pid); r > peak { peak = r } }
	fmt.Println("before", before, "peak above MB", (peak-before)/1024)
	cmd("prof")
	for _, w := range conns { w.Close() }
	in.Close()
	c.Process.Kill()
	c.Wait()
}
