package live_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
	"runtime"
	"runtime/pprof"

	"github.com/fasthttp/websocket"
)

func TestZServe(t *testing.T) {
	if os.Getenv("TM_SERVE") == "" {
		return
	}
	f := start(t, nil)
	fmt.Printf("READY %s %s\n", f.url, f.key)
	sc := bufio.NewScanner(os.Stdin)
	for sc.Scan() {
		if sc.Text() == "gc" {
			debug.FreeOSMemory()
		}
		if sc.Text() == "prof" {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println("heap", m.HeapAlloc/1024, "stack", m.StackInuse/1024, "heapsys", m.HeapInuse/1024, "idle", m.HeapIdle/1024, "rel", m.HeapReleased/1024)
			w, _ := os.Create("/tmp/heap.prof")
			pprof.WriteHeapProfile(w)
			w.Close()
			w, _ = os.Create("/tmp/gor.txt")
			pprof.Lookup("goroutine").WriteTo(w, 1)
			w.Close()
		}
		fmt.Println("OK")
	}
}

func rss(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	n, _ := strconv.Atoi(strings.Fields(string(b))[1])
	return n * 4
}

func TestZMemory(t *testing.T) {
	kind := os.Getenv("TM_MEM")
	if kind == "" {
		return
	}
	c := exec.Command(os.Args[0], "-test.run=TestZServe")
	c.Env = append(os.Environ(), "TM_SERVE=1", "TM_MEM=")
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
	dial := func(i int) {
		if kind == "plain" {
			ws, _, err := websocket.DefaultDialer.Dial("ws"+url[4:]+"/sync", http.Header{"X-Api-Key": {key}, "X-User-Id": {fmt.Sprint("u", i%100)}, "X-Instance-Id": {fmt.Sprint("i", i)}})
			if err != nil { t.Fatal(err) }
			for range 2 { ws.ReadMessage() }
			conns = append(conns, ws)
			return
		}
		ws, _, err := websocket.DefaultDialer.Dial(fmt.Sprintf("ws%s/socket.io/?EIO=4&transport=websocket&userId=u%d&instanceId=i%d", url[4:], i%100, i), nil)
		if err != nil { t.Fatal(err) }
		ws.WriteMessage(1, []byte(`40/sync,{"apiKey":"`+key+`"}`))
		for { _, b, err := ws.ReadMessage(); if err != nil { t.Fatal(err) }; if strings.Contains(string(b), "sync:ready") { break } }
		conns = append(conns, ws)
	}
	for i := range 50 { dial(i) }
	time.Sleep(time.Second)
	before := rss(c.Process.Pid)
	cmd("prof")
	for i := range 2000 { dial(100+i) }
	time.Sleep(3 * time.Second)
	after := rss(c.Process.Pid)
	fmt.Println(kind, "KB per conn:", float64(after-before)/2000, "before", before, "after", after)
	cmd("prof")
	cmd("gc")
	fmt.Println("after FreeOSMemory", float64(rss(c.Process.Pid)-before)/2000)
	in.Close()
	for _, w := range conns { w.Close() }
	c.Process.Kill()
	c.Wait()
}
