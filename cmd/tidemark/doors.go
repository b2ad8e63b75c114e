package main

import (
	"tidemark/internal/telemetry"
	"tidemark/web"
)

// newServer makes the web server with all its doors.
func (m *Main) newServer(r *rooms) (*web.Server, error) {
	c := m.Config
	return web.New(web.Options{
		Engine: r.engine, Access: r.access, Store: r.store, Log: r.log, Clock: m.Clock, Metrics: telemetry.NewMetrics(version),
		Host: c.Host, Port: c.Port, APIURL: c.APIURL, Version: version,
		TrustedProxies: c.Proxies, CORSOrigins: c.CORSOrigins, CORSCredentials: c.CORSCredentials,
		RateLimit: c.RateLimit, RateWindow: c.RateWindow, MaxItemBytes: c.MaxItemBytes,
		MetricsToken: c.MetricsToken.Reveal(), TLSCert: c.TLSCert, TLSKey: c.TLSKey,
	})
}
