package gallery

import "tidemark/views/setup"

func setupPages() []PageState {
	there := []setup.Tenant{{Name: "Northwind Field Ops", Slug: "northwind", Action: "/console"}, {Name: hostile + long, Slug: "hostile", Action: "/console"}}
	wrong := setup.TenantProps{Name: long, Slug: hostile, Error: "The tenant was not made", Fields: map[string]string{
		"slug": "The slug must be 1 to 63 of a-z, 0-9 and -, and not begin or end with -.",
	}, Tenants: there, More: 12}
	fresh := setup.ConnectProps{
		Setup: true, Base: "/console/gallery/overview", Action: "/console", Again: "/console/gallery/connect", Stream: "/console/gallery/connect/stream", Server: "wss://sync.example.com",
		Key: &setup.Key{Name: "first client", Shown: "sk_live_…x81Q", Secret: "sk_live_000000000000000000000example0x81Q", Save: "/console"},
	}
	green := fresh
	green.Client = &setup.Client{Name: "browser-001", User: "user123", How: "Socket.IO", At: now - 4000, Now: now}
	later := fresh
	later.Setup, later.Key, later.Suspended, later.Settings = false, nil, true, "/console/gallery/tenant-suspended"
	again := fresh
	again.Key = &setup.Key{Name: long, Shown: "sk_live_…x81Q"}
	again.Client = &setup.Client{Name: hostile, User: long, How: "REST", At: now - 86_400_000, Now: now}
	return []PageState{
		shelled("setup-tenant", "Set up", "tenants", setup.TenantPage(setup.TenantProps{})),
		shelled("setup-tenant-wrong", "Set up", "tenants", setup.TenantPage(wrong)),
		shelled("connect", "Connect a client", "", setup.ConnectPage(fresh)),
		shelled("connect-green", "Connect a client", "", setup.ConnectPage(green)),
		shelled("connect-again", "Connect a client", "", setup.ConnectPage(again)),
		shelled("connect-later", "Connect a client", "", setup.ConnectPage(later)),
	}
}
