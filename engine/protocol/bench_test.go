package protocol

import (
	"fmt"
	"strings"
	"testing"

	"tidemark/models"
)

var (
	benchValue = `{"body":"` + strings.Repeat("lorem ipsum ", 14) + `","done":false,"n":12345}`
	benchPut   = []byte(`{"value":` + benchValue + `,"version":3,"timestamp":1700000000000}`)
	benchFrame = []byte(`{"event":"sync:set","id":7,"data":{"key":"orders/1234","value":` + benchValue + `,"opId":"0123456789abcdef"}}`)
)

func BenchmarkCanonical(b *testing.B) {
	for name, raw := range map[string]string{
		"canonical": benchValue,
		"spaced":    `{ "body": "` + strings.Repeat("lorem ipsum ", 14) + `", "done": false, "n": 12345 }`,
		"unsorted":  `{"n":12345,"done":false,"body":"` + strings.Repeat("lorem ipsum ", 14) + `"}`,
		"100KB":     `[` + strings.TrimSuffix(strings.Repeat(benchValue+",", 470), ",") + `]`,
	} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, len(raw))
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Canonical(dst, []byte(raw)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodePut(b *testing.B) {
	b.SetBytes(int64(len(benchPut)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodePut(benchPut, "orders/1234"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeSocketSet(b *testing.B) {
	b.SetBytes(int64(len(benchFrame)))
	b.ReportAllocs()
	for b.Loop() {
		e, err := DecodeEnvelope(benchFrame)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeSet(e.Data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePush(b *testing.B) {
	var events []string
	for i := range 500 {
		events = append(events, fmt.Sprintf(`{"opId":"op-%d","op":"set","key":"orders/%d","value":%s}`, i, i, benchValue))
	}
	body := []byte(`{"events":[` + strings.Join(events, ",") + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodePush(body, 500); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendEvents(b *testing.B) {
	changes := make([]models.Change, 1000)
	for i := range changes {
		changes[i] = models.Change{
			Seq: int64(i), Collection: "storage", Key: fmt.Sprintf("orders/%d", i), Op: models.ChangeSet,
			Version: 1, Timestamp: 1700000000000, Owner: "user-1", Instance: "phone-1", Value: []byte(benchValue),
		}
	}
	cursor := func(*models.Change) string { return "e1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendEvents(dst[:0], changes, cursor)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkFrame(b *testing.B) {
	data := []byte(`{"key":"k","value":` + benchValue + `}`)
	b.ReportAllocs()
	for b.Loop() {
		f := NewFrame(EventUpdate, data)
		_, _ = f.Bytes(PlainWS), f.Bytes(SocketIO)
	}
}
