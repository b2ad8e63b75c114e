package models

import "time"

// Quotas are how many requests an API key may make in each window of the calendar, in UTC; 0: any number.
type Quotas struct {
	PerMinute int64 `json:"quotaPerMinute,omitempty"`
	PerHour   int64 `json:"quotaPerHour,omitempty"`
	PerDay    int64 `json:"quotaPerDay,omitempty"`
	PerMonth  int64 `json:"quotaPerMonth,omitempty"`
}

// Empty says that nothing is limited.
func (q Quotas) Empty() bool { return q == Quotas{} }

// Of is the limit of a span; 0: none.
func (q Quotas) Of(s Span) int64 {
	return QuotaOf(s).Get(q)
}

// QuotaField is the quota of a span.
type QuotaField struct {
	Span  Span
	Field string // in the API, such as quotaPerMinute
	Words string // for people, such as Per minute
	Get   func(Quotas) int64
	Set   func(*Quotas, int64)
}

// QuotaFields are the quotas of a key, the shortest span first.
var QuotaFields = [...]QuotaField{
	{SpanMinute, "quotaPerMinute", "Per minute", func(q Quotas) int64 { return q.PerMinute }, func(q *Quotas, n int64) { q.PerMinute = n }},
	{SpanHour, "quotaPerHour", "Per hour", func(q Quotas) int64 { return q.PerHour }, func(q *Quotas, n int64) { q.PerHour = n }},
	{SpanDay, "quotaPerDay", "Per day", func(q Quotas) int64 { return q.PerDay }, func(q *Quotas, n int64) { q.PerDay = n }},
	{SpanMonth, "quotaPerMonth", "Per month", func(q Quotas) int64 { return q.PerMonth }, func(q *Quotas, n int64) { q.PerMonth = n }},
}

// QuotaOf is the quota of a span; of what is no span it is one that nobody has.
func QuotaOf(s Span) QuotaField {
	for _, f := range QuotaFields {
		if f.Span == s {
			return f
		}
	}
	return QuotaField{Span: s, Get: func(Quotas) int64 { return 0 }, Set: func(*Quotas, int64) {}}
}

// Span is the length of the windows that a quota counts in.
type Span string

// The spans.
const (
	SpanMinute Span = "minute"
	SpanHour   Span = "hour"
	SpanDay    Span = "day"
	SpanMonth  Span = "month"
)

// Spans are all spans, shortest first.
var Spans = [...]Span{SpanMinute, SpanHour, SpanDay, SpanMonth}

// Window gives when the window of a span that holds a moment began, and when it ends.
func (s Span) Window(at time.Time) (from, to time.Time) {
	at = at.UTC()
	switch s {
	case SpanMinute:
		from = at.Truncate(time.Minute)
		return from, from.Add(time.Minute)
	case SpanHour:
		from = at.Truncate(time.Hour)
		return from, from.Add(time.Hour)
	case SpanMonth:
		from = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 1, 0)
	case SpanDay:
	}
	from = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	return from, from.AddDate(0, 0, 1)
}

// QuotaUse is how much of a window of a key's quota is taken.
type QuotaUse struct {
	Span  Span
	Began int64 // ms
	Used  int64 // requests, with those that nodes took in advance
}

// QuotaWant is what a node asks of a window: more requests, and what it gives back of those it had.
type QuotaWant struct {
	Span  Span
	Began int64 // ms
	Limit int64
	More  int64
	Back  int64
}
