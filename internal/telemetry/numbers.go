package telemetry

import (
	"math"

	dto "github.com/prometheus/client_model/go"
)

// Numbers are all metrics as they stood at one moment.
type Numbers struct {
	families map[string]*dto.MetricFamily
}

// Numbers reads every metric once, as a scrape would.
func (m *Metrics) Numbers() (Numbers, error) {
	all, err := m.registry.Gather()
	n := Numbers{families: make(map[string]*dto.MetricFamily, len(all))}
	for _, f := range all {
		n.families[f.GetName()] = f
	}
	return n, err
}

// Value is a gauge or counter, summed over its labels; 0 for one that is not there.
func (n Numbers) Value(name string) float64 {
	var sum float64
	for _, one := range n.families[name].GetMetric() {
		sum += one.GetGauge().GetValue() + one.GetCounter().GetValue()
	}
	return sum
}

// By is a gauge or counter by the values of one of its labels.
func (n Numbers) By(name, label string) map[string]float64 {
	out := map[string]float64{}
	for _, one := range n.families[name].GetMetric() {
		for _, l := range one.GetLabel() {
			if l.GetName() == label {
				out[l.GetValue()] += one.GetGauge().GetValue() + one.GetCounter().GetValue()
			}
		}
	}
	return out
}

// Spread is what a distribution holds.
type Spread struct {
	Count    uint64
	Mean     float64
	P50, P99 float64 // not above the highest bound of the distribution
}

// Spread sums up a distribution since the start; a zero one when nothing was counted.
// Its quantiles lie within their bucket as if its values were spread evenly.
func (n Numbers) Spread(name string) Spread {
	for _, one := range n.families[name].GetMetric() {
		h := one.GetHistogram()
		if h.GetSampleCount() == 0 {
			continue
		}
		return Spread{
			Count: h.GetSampleCount(), Mean: h.GetSampleSum() / float64(h.GetSampleCount()),
			P50: quantile(.5, h), P99: quantile(.99, h),
		}
	}
	return Spread{}
}

func quantile(q float64, h *dto.Histogram) float64 {
	want := q * float64(h.GetSampleCount())
	low, below := 0.0, 0.0
	for _, b := range h.GetBucket() {
		upTo := float64(b.GetCumulativeCount())
		if upTo >= want && upTo > below && !math.IsInf(b.GetUpperBound(), 1) {
			return low + (b.GetUpperBound()-low)*(want-below)/(upTo-below)
		}
		if !math.IsInf(b.GetUpperBound(), 1) {
			low = b.GetUpperBound()
		}
		below = upTo
	}
	return low
}
