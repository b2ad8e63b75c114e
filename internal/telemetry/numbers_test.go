package telemetry_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/telemetry"
)

func TestNumbersAreReadAsAScrapeWouldReadThem(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("1.2.3")
	for transport, n := range map[string]float64{"plain": 2, "polling": 3} {
		m.Gauge(telemetry.Reading{Name: "sockets", Help: "h", Labels: map[string]string{"transport": transport}, Read: func() float64 { return n }})
	}
	m.Fault("invalid")
	took := m.Distribution("seconds", "h", []float64{1, 2, 4})
	for range 98 {
		took(1.5)
	}
	took(3)
	took(100)
	n, err := m.Numbers()
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Value("sockets"); got != 5 {
		t.Errorf("sockets: %v", got)
	}
	if diff := cmp.Diff(map[string]float64{"plain": 2, "polling": 3}, n.By("sockets", "transport")); diff != "" {
		t.Error(diff)
	}
	if n.Value("tidemark_faults_total") != 1 || n.Value("go_goroutines") < 1 || n.Value("no such") != 0 {
		t.Error("a counter, a gauge or a missing one is wrong")
	}
	s := n.Spread("seconds")
	if s.Count != 100 || math.Abs(s.Mean-2.5) > .001 || math.Abs(s.P50-(1+50./98)) > .001 || s.P99 != 4 {
		t.Errorf("spread: %+v", s)
	}
	if diff := cmp.Diff(telemetry.Spread{}, n.Spread("no such")); diff != "" {
		t.Error(diff)
	}
}
