package telemetry

import (
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// Metrics collects the numbers of one process. Labels never name a tenant, a
// user or a key. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	faults   *prometheus.CounterVec
	inFlight prometheus.Gauge
}

// NewMetrics makes the collection, with the runtime's and the process's numbers in it.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tidemark_http_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"route", "method"}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidemark_faults_total", Help: "Requests refused or failed, by error code.",
		}, []string{"code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tidemark_http_requests_in_flight", Help: "Requests being answered.",
		}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tidemark_build_info", Help: "Always 1; the label says which version runs.",
		ConstLabels: prometheus.Labels{"version": version},
	}, func() float64 { return 1 })
	m.registry.MustRegister(m.requests, m.duration, m.faults, m.inFlight, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Reading is a number read at every scrape. Read must be quick and safe for concurrent use.
type Reading struct {
	Name, Help string
	Labels     map[string]string // nil: none
	Read       func() float64
}

// Gauge adds a number that goes up and down. It panics if name and labels are taken.
func (m *Metrics) Gauge(r Reading) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: r.Name, Help: r.Help, ConstLabels: r.Labels,
	}, r.Read))
}

// Counter adds a number that only grows. It panics if name and labels are taken.
func (m *Metrics) Counter(r Reading) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: r.Name, Help: r.Help, ConstLabels: r.Labels,
	}, r.Read))
}

// Distribution adds a histogram with these upper bounds, and gives what counts a
// value in it. It panics if the name is taken.
func (m *Metrics) Distribution(name, help string, bounds []float64) func(float64) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: bounds})
	m.registry.MustRegister(h)
	return h.Observe
}

// Tally adds a counter for each value of a label, and gives what counts one more.
// The values must be few. It panics if the name is taken.
func (m *Metrics) Tally(name, help, label string, values ...string) func(value string) {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	m.registry.MustRegister(v)
	for _, value := range values {
		v.WithLabelValues(value) // begins at 0
	}
	return func(value string) { v.WithLabelValues(value).Inc() }
}

// Fault counts a refusal or failure by its code.
func (m *Metrics) Fault(code string) { m.faults.WithLabelValues(code).Inc() }

// Begin and End bracket a request being answered.
func (m *Metrics) Begin() { m.inFlight.Inc() }

// End is the other bracket of Begin.
func (m *Metrics) End() { m.inFlight.Dec() }

// Write writes everything in the Prometheus text format.
func (m *Metrics) Write(w io.Writer) error {
	families, err := m.registry.Gather()
	if err != nil {
		return err
	}
	enc := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

// MetricsType is the content type of what Write writes.
const MetricsType = "text/plain; version=0.0.4; charset=utf-8"

// RouteMetrics counts one route and method; it looks nothing up on the way.
type RouteMetrics struct {
	metrics       *Metrics
	route, method string
	duration      prometheus.Observer
	byStatus      [600]atomic.Pointer[prometheus.Counter]
}

// Route gives the counters of a route pattern and method.
func (m *Metrics) Route(method, route string) *RouteMetrics {
	return &RouteMetrics{metrics: m, route: route, method: method, duration: m.duration.WithLabelValues(route, method)}
}

// Done counts one answer and how long it took.
func (r *RouteMetrics) Done(status int, took time.Duration) {
	r.duration.Observe(took.Seconds())
	if status < 0 || status >= len(r.byStatus) {
		return
	}
	c := r.byStatus[status].Load()
	if c == nil {
		fresh := r.metrics.requests.WithLabelValues(r.route, r.method, strconv.Itoa(status))
		r.byStatus[status].Store(&fresh)
		c = &fresh
	}
	(*c).Inc()
}
