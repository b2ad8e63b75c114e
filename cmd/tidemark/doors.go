package main

import (
	"context"

	"tidemark/analytics"
	"tidemark/internal/telemetry"
	"tidemark/web"
	"tidemark/web/console"
	"tidemark/web/health"
)

// newServer makes the web server with all its doors.
func (m *Main) newServer(r *rooms, metrics *telemetry.Metrics, only []web.Part) (*web.Server, error) {
	c := m.Config
	known, figures := m.system(r, metrics), analytics.New(r.store, m.Clock)
	pages := console.New(console.Options{
		System: known, Analytics: figures,
		Store: r.store, Access: r.access, Engine: r.engine, Clock: m.Clock, Log: r.log, Version: version,
		Secret: []byte(c.CSRFSecret.Reveal()), Dev: !c.Production, Secure: c.Production || c.TLSCert != "" || len(c.Proxies) > 0,
	})
	server, err := web.New(web.Options{
		Engine: r.engine, Access: r.access, Store: r.store, Log: r.log, Clock: m.Clock, Metrics: metrics,
		Only: only, Console: pages, Analytics: figures, Health: known.Health,
		Host: c.Host, Port: c.Port, APIURL: c.APIURL, Version: version,
		TrustedProxies: c.Proxies, CORSOrigins: c.CORSOrigins, CORSCredentials: c.CORSCredentials,
		RateLimit: c.RateLimit, AddressRate: c.AddressRate, RateWindow: c.RateWindow, MaxItemBytes: c.MaxItemBytes,
		DataDir: c.DataDir, Production: c.Production, MetricsToken: c.MetricsToken.Reveal(), PublicDocs: c.APIDocs == docsPublic, TLSCert: c.TLSCert, TLSKey: c.TLSKey, RedirectPort: c.HTTPPort, PublicURL: c.PublicURL,
	})
	if err != nil {
		return nil, err
	}
	m.onClose(m.graceful(func(ctx context.Context) error {
		pages.Close() // or the server would wait for people to close their pages
		return server.Shutdown(ctx)
	}))
	return server, nil
}

// system is what the console tells administrators of this process.
func (m *Main) system(r *rooms, metrics *telemetry.Metrics) console.System {
	c := m.Config
	s := console.System{
		AuditDays: m.Config.AuditDays,
		Commit:    revision(), Node: nodeName(c.Port), Database: c.Database.describe(), StartedAt: m.Clock.Now(), Metrics: metrics, Warnings: c.Warnings,
		Health: health.New(health.Options{Store: r.store, Clock: m.Clock, Version: version, DataDir: c.DataDir}),
	}
	for _, one := range c.Settings() {
		s.Settings = append(s.Settings, console.Setting{
			Group: one.Group, Name: one.Name, Value: one.Value, Source: one.Source, Doc: one.Doc, Secret: one.Secret, Later: one.Later,
		})
	}
	return s
}
