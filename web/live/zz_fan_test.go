package live_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	fws "github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/models"
)

func drainUntil(c net.Conn, wg *sync.WaitGroup) {
	defer wg.Done()
	buf := make([]byte, 64<<10)
	var tail []byte
	for {
		n, err := c.Read(buf)
		if err != nil {
			fmt.Println("read", err)
			return
		}
		tail = append(tail, buf[:n]...)
		if bytes.Contains(tail, []byte("zzz-end")) {
			return
		}
		if len(tail) > 16 {
			tail = append(tail[:0], tail[len(tail)-16:]...)
		}
	}
}

const subs, msgs = 500, 4000

func TestZFan(t *testing.T) {
	kind := os.Getenv("TM_FAN")
	if kind == "" {
		return
	}
	value := `"` + strings.Repeat("v", 200) + `"`
	var wg sync.WaitGroup
	if kind == "hub" {
		type hubConn struct{ ch chan *websocket.PreparedMessage }
		var mu sync.Mutex
		var all []*hubConn
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		app.Get("/", fws.New(func(c *fws.Conn) {
			h := &hubConn{make(chan *websocket.PreparedMessage, 256)}
			mu.Lock(); all = append(all, h); mu.Unlock()
			for p := range h.ch {
				if c.WritePreparedMessage(p) != nil { return }
			}
		}))
		ln, _ := net.Listen("tcp", "127.0.0.1:0")
		go app.Listener(ln)
		for range subs {
			c, _, err := websocket.DefaultDialer.Dial("ws://"+ln.Addr().String()+"/", nil)
			if err != nil { t.Fatal(err) }
			wg.Add(1)
			go drainUntil(c.NetConn(), &wg)
		}
		time.Sleep(time.Second)
		began := time.Now()
		for i := range msgs {
			key := fmt.Sprintf("k%d", i)
			if i == msgs-1 { key = "zzz-end" }
			p, _ := websocket.NewPreparedMessage(1, []byte(fmt.Sprintf(`{"event":"sync:update","data":{"key":%q,"value":%s,"metadata":null,"version":1,"timestamp":1795375890711,"seq":%d,"cursor":"AQJtwn9AFQdmotgAAAAAAAAAApYqquerE6BMrkk","userId":"u","instanceId":"writer"}}`, key, value, i)))
			for _, h := range all { h.ch <- p }
		}
		wg.Wait()
		took := time.Since(began)
		fmt.Printf("hub %.0f deliveries/s\n", subs*msgs/took.Seconds())
		return
	}
	f := start(t, nil)
	for i := range subs {
		var ws *websocket.Conn
		var err error
		if kind == "plain" {
			ws, _, err = websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}, "X-User-Id": {"u"}, "X-Instance-Id": {fmt.Sprint("i", i)}})
		} else {
			ws, _, err = websocket.DefaultDialer.Dial(fmt.Sprintf("ws%s/socket.io/?EIO=4&transport=websocket&userId=u&instanceId=i%d", f.url[4:], i), nil)
			ws.WriteMessage(1, []byte(`40/sync,{"apiKey":"`+f.key+`"}`))
		}
		if err != nil { t.Fatal(err) }
		for { _, b, err := ws.ReadMessage(); if err != nil { t.Fatal(err) }; if strings.Contains(string(b), "sync:ready") { break } }
		wg.Add(1)
		go drainUntil(ws.NetConn(), &wg)
	}
	who, _ := f.access.Authenticate(context.Background(), access.Credential{APIKey: f.key, UserID: "u", InstanceID: "writer", Door: models.DoorREST})
	began := time.Now()
	sem := make(chan struct{}, 64)
	var ww sync.WaitGroup
	for i := range msgs - 1 {
		sem <- struct{}{}
		ww.Add(1)
		go func() {
			defer func() { <-sem; ww.Done() }()
			_, err := f.engine.Write(context.Background(), who, []protocol.Op{{Kind: protocol.Set, Collection: "storage", Key: fmt.Sprintf("k%d", i), Value: []byte(value)}})
			if err != nil { t.Error(err) }
		}()
	}
	ww.Wait()
	wrote := time.Since(began)
	f.engine.Write(context.Background(), who, []protocol.Op{{Kind: protocol.Set, Collection: "storage", Key: "zzz-end", Value: []byte(value)}})
	wg.Wait()
	took := time.Since(began)
	fmt.Printf("%s %.0f deliveries/s, writes %.0f/s\n", kind, subs*msgs/took.Seconds(), msgs/wrote.Seconds())
}
