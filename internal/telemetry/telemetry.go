// Package telemetry is how operators see what goes on: log lines in JSON or
// text, Prometheus metrics, and the identity of a request that ties the lines,
// the error bodies and the change log together.
package telemetry
