package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"tidemark/internal/clock"
	"tidemark/internal/telemetry"
)

func TestLinesOfARequestCarryItsName(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "info", "json")
	if err != nil {
		t.Fatal(err)
	}
	req := &telemetry.Request{ID: "req-1", TraceID: "abc"}
	ctx := telemetry.WithRequest(context.Background(), req)
	log.InfoContext(ctx, "before the tenant is known")
	req.TenantID, req.Actor = "t1", "key:k1"
	log.With("more", 1).InfoContext(ctx, "after\nit is")
	log.Info("outside of a request")

	lines := parse(t, &out)
	if len(lines) != 3 {
		t.Fatalf("got %d lines, want 3", len(lines))
	}
	if l := lines[0]; l["request_id"] != "req-1" || l["trace_id"] != "abc" || l["tenant_id"] != nil {
		t.Errorf("first line: %v", l)
	}
	if l := lines[1]; l["tenant_id"] != "t1" || l["actor"] != "key:k1" || l["request_id"] != "req-1" || l["more"] != 1.0 {
		t.Errorf("second line: %v", l)
	}
	if l := lines[2]; l["request_id"] != nil {
		t.Errorf("third line: %v", l)
	}
}

func TestEachLevelIsSelectableAndEveryLineParses(t *testing.T) {
	t.Parallel()
	levels := []string{"debug", "info", "warn", "error"}
	for i, level := range levels {
		var out bytes.Buffer
		log, err := telemetry.NewLogger(&out, level, "json")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
			log.Log(context.Background(), l, "said", "quote", `"`, "break", "\r\n")
		}
		if got, want := len(parse(t, &out)), len(levels)-i; got != want {
			t.Errorf("at level %s: got %d lines, want %d", level, got, want)
		}
	}
	if _, err := telemetry.NewLogger(&bytes.Buffer{}, "loud", "json"); err == nil {
		t.Error("level loud was taken")
	}
	if _, err := telemetry.NewLogger(&bytes.Buffer{}, "info", "xml"); err == nil {
		t.Error("format xml was taken")
	}
}

func parse(t *testing.T, out *bytes.Buffer) (lines []map[string]any) {
	t.Helper()
	for _, raw := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var l map[string]any
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			t.Fatalf("line %q: %v", raw, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestRequestIDTakesWhatIsHarmless(t *testing.T) {
	t.Parallel()
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	c := clock.At(time.Unix(1, 0))
	for name, want := range map[string]string{
		"abc-123":               "abc-123",
		"A_b.c:d/e+f=@":         "A_b.c:d/e+f=@",
		strings.Repeat("x", 40): strings.Repeat("x", 40),
		strings.Repeat("x", 41): trace,
		"with space":            trace,
		"line\nbreak":           trace,
		"ünïcode":               trace,
		`quote"`:                trace,
		"":                      trace,
	} {
		if got := telemetry.RequestID(c, name, trace); got != want {
			t.Errorf("RequestID(%q) = %q, want %q", name, got, want)
		}
	}
	if got := telemetry.RequestID(c, "", ""); len(got) != 26 {
		t.Errorf("a drawn id is %q, want 26 characters", got)
	}
}

func TestTraceIDReadsTraceparent(t *testing.T) {
	t.Parallel()
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for header, want := range map[string]string{
		"00-" + id + "-00f067aa0ba902b7-01":                       id,
		"cc-" + id + "-00f067aa0ba902b7-01-what-comes-later":      id,
		"ff-" + id + "-00f067aa0ba902b7-01":                       "",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": "",
		"00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01":      "",
		"00-" + id[:31] + "--00f067aa0ba902b7-01":                 "",
		"00-" + id + "-00f067aa0ba902b7":                          "",
		"nonsense":                                                "",
		"":                                                        "",
	} {
		if got := telemetry.TraceID(header); got != want {
			t.Errorf("TraceID(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestMetricsAreInThePrometheusFormat(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("1.2.3")
	r := m.Route("GET", "/things/*")
	r.Done(200, 3*time.Millisecond)
	r.Done(200, time.Millisecond)
	r.Done(404, time.Millisecond)
	r.Done(-1, time.Millisecond)
	m.Fault("not_found")
	m.Begin()
	m.Gauge(telemetry.Reading{Name: "tidemark_test_level", Help: "A level.", Labels: map[string]string{"kind": "a"}, Read: func() float64 { return 7 }})
	m.Counter(telemetry.Reading{Name: "tidemark_test_total", Help: "A sum.", Read: func() float64 { return 9 }})
	sizes := m.Distribution("tidemark_test_sizes", "Sizes.", []float64{1, 10})
	sizes(1)
	sizes(7)
	m.Tally("tidemark_test_kinds_total", "Kinds.", "kind", "a", "b")("b")

	var out bytes.Buffer
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		`tidemark_http_requests_total{method="GET",route="/things/*",status="200"} 2`,
		`tidemark_http_requests_total{method="GET",route="/things/*",status="404"} 1`,
		`tidemark_http_request_duration_seconds_count{method="GET",route="/things/*"} 4`,
		`tidemark_faults_total{code="not_found"} 1`,
		`tidemark_http_requests_in_flight 1`,
		`tidemark_test_level{kind="a"} 7`,
		`tidemark_test_total 9`,
		`tidemark_test_sizes_bucket{le="1"} 1`,
		`tidemark_test_sizes_bucket{le="10"} 2`,
		`tidemark_test_sizes_sum 8`,
		`tidemark_test_kinds_total{kind="a"} 0`,
		`tidemark_test_kinds_total{kind="b"} 1`,
		`tidemark_build_info{version="1.2.3"} 1`,
		`go_goroutines `,
		`process_resident_memory_bytes `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	if _, err := parser.TextToMetricFamilies(&out); err != nil {
		t.Errorf("not in the format: %v", err)
	}
}

func TestCountingARequestAllocatesNothing(t *testing.T) {
	r := telemetry.NewMetrics("test").Route("GET", "/x")
	r.Done(200, time.Millisecond)
	if n := testing.AllocsPerRun(100, func() { r.Done(200, time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
