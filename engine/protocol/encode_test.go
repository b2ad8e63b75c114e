package protocol

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"tidemark/internal/fault"
	"tidemark/models"
)

func TestEverythingTheServerSendsIsStrictJSON(t *testing.T) {
	t.Parallel()
	for name, frame := range serverFrames() {
		body := frame
		if i := strings.Index(string(frame), "/sync,"); i == 2 {
			body = frame[strings.IndexByte(string(frame), '['):]
		}
		if _, err := Canonical(nil, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAppendItemShowsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	got := string(AppendItem(nil, &models.Item{Key: "k", Collection: models.Storage}))
	want := `{"id":"","key":"k","value":null,"metadata":null,"version":0,"timestamp":0,"lastModified":null,"size":0,"tags":[],"ttl":null,"priority":0,"instanceId":"","userId":"","seq":0}`
	if got != want {
		t.Fatalf("got %s", got)
	}
}

func TestNamesAreEscapedWhereverTheyAreWritten(t *testing.T) {
	t.Parallel()
	evil := "a\"b\\c\u2028é"
	item := models.Item{Key: evil, Collection: evil, Tags: []string{evil}, Owner: evil, Instance: evil}
	change := models.Change{Key: evil, Collection: evil, Owner: evil, Instance: evil, OpID: evil, ClientOp: true, Value: []byte("1")}
	for name, out := range map[string][]byte{
		"item":    AppendItem(nil, &item),
		"event":   AppendEvent(nil, &change, evil),
		"update":  AppendUpdate(nil, &change, evil),
		"removal": AppendRemoval(nil, &change, evil),
		"keys":    AppendKeys(nil, []string{evil}),
		"frame":   NewFrame(evil, []byte("1")).Bytes(PlainWS),
	} {
		var v any
		if err := json.Unmarshal(out, &v); err != nil {
			t.Errorf("%s: %v in %s", name, err, out)
		}
	}
	var back struct{ Key string }
	if err := json.Unmarshal(AppendItem(nil, &item), &back); err != nil || back.Key != evil {
		t.Errorf("the key came back as %q, %v", back.Key, err)
	}
}

func TestOnlyAClientsOwnOperationIDIsShown(t *testing.T) {
	t.Parallel()
	if got := string(AppendEvent(nil, exampleRemove(), "c")); strings.Contains(got, "opId") {
		t.Fatalf("a server's id is shown in %s", got)
	}
	if got := string(AppendEvent(nil, exampleSet(), "c")); !strings.Contains(got, `"opId":"op-7"`) {
		t.Fatalf("the client's id is missing in %s", got)
	}
}

func TestAnEventSaysWhatAnItemHasBesideItsValue(t *testing.T) {
	t.Parallel()
	full := exampleSet()
	full.Tags, full.ExpiresAt, full.Priority = []string{"open"}, exampleAt, 5
	if got := string(AppendEvent(nil, full, "c")); !strings.Contains(got, `,"tags":["open"],"ttl":"2026-01-01T00:00:00.000Z","priority":5,"version":3,`) {
		t.Errorf("got %s", got)
	}
	if got := string(AppendEvict(nil, full, "c")); strings.Contains(got, "open") || strings.Contains(got, "priority") {
		t.Errorf("an evict tells of what may not be seen: %s", got)
	}
}

func TestAppendErrorLeaksNoCause(t *testing.T) {
	t.Parallel()
	got := string(AppendError(nil, fault.From(errors.New("secret SQL")), "r"))
	if strings.Contains(got, "secret") || !strings.Contains(got, `"details":{}`) {
		t.Fatalf("got %s", got)
	}
}

func TestDetailsOfAnyKindAreWritten(t *testing.T) {
	t.Parallel()
	f := fault.New(fault.Invalid, "m").With("s", "x").With("b", true).With("i", 1).With("n", int64(math.MaxInt64)).
		With("raw", json.RawMessage(`{"b":1.0,"a":"<"}`)).With("bytes", []byte("1e400")).With("junk", []byte("{")).
		With("nil", nil).With("list", []string{"<&>"}).With("chan", make(chan int)).With("float", 0.5)
	want := `{"b":true,"bytes":1e400,"chan":null,"float":0.5,"i":1,"junk":null,"list":["<&>"],"n":9223372036854775807,"nil":null,"raw":{"a":"<","b":1.0},"s":"x"}`
	if got := string(appendDetails(nil, f)); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestARejectedResultOfAnyErrorHasACode(t *testing.T) {
	t.Parallel()
	got := string(AppendResult(nil, Result{OpID: "1", Status: Rejected, Err: errors.New("boom")}, "r"))
	want := `{"opId":"1","status":"rejected","code":"internal","message":"Something went wrong on our side.","requestId":"r"}`
	if got != want {
		t.Fatalf("got %s", got)
	}
}

func TestAFrameIsEncodedAndPreparedOncePerFormat(t *testing.T) {
	t.Parallel()
	f := NewFrame("sync:update", []byte(`{"key":"k"}`))
	var mu sync.Mutex
	built := map[string]int{}
	build := func(b []byte) any {
		mu.Lock()
		defer mu.Unlock()
		built[string(b)]++
		return string(b)
	}
	var wait sync.WaitGroup
	for range 32 {
		for _, format := range []Format{PlainWS, SocketIO} {
			wait.Go(func() {
				if f.Prepared(format, build) != string(f.Bytes(format)) || f.Len(format) != len(f.Bytes(format)) {
					t.Error("the prepared frame is not the frame")
				}
			})
		}
	}
	wait.Wait()
	for _, text := range []string{`{"event":"sync:update","data":{"key":"k"}}`, `42/sync,["sync:update",{"key":"k"}]`} {
		if built[text] != 1 {
			t.Errorf("%s was prepared %d times", text, built[text])
		}
	}
	if first, second := f.Bytes(PlainWS), f.Bytes(PlainWS); &first[0] != &second[0] {
		t.Error("the frame was encoded twice")
	}
}
