package gallery

import (
	"fmt"

	"tidemark/views/devices"
)

const sampleAgent = "Mozilla/5.0 (Linux; Android 15; SM-X300) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

func sampleDevices(n int) []devices.Row {
	users := []string{"dana.okafor", "luis.ferreira", "sofia.lindqvist"}
	states := []devices.State{devices.Connected, devices.Connected, devices.Away, devices.Lagging}
	out := make([]devices.Row, 0, n)
	for i := range n {
		out = append(out, devices.Row{
			Href: "/console/gallery/device", ID: fmt.Sprintf("tablet-%02d", i+1), User: users[i%3], Platform: devices.Platform("", sampleAgent), Agent: sampleAgent,
			Address: fmt.Sprintf("198.51.100.%d", i+1), Door: "Socket.IO", State: states[i%4], Skewed: i%9 == 5, Since: now - int64(i)*420_000, Seen: now - int64(i)*7_000, Now: now,
			Lag: devices.Lag{Mark: 1_048_210 - int64(i%4)*int64(i)*9_000, Head: 1_048_210, Floor: 412_400, Waiting: int64(i % 4 * i), More: i%4 == 3 && i > 12},
		})
	}
	return out
}

func hostileDevice() devices.Row {
	r := sampleDevices(1)[0]
	r.ID, r.User, r.Agent, r.Platform, r.Address, r.Skewed = hostile+long, hostile, hostile+long, hostile, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true
	r.Lag.Mark, r.Lag.More = 3, true
	return r
}

func devicePages() []PageState {
	list := func(p devices.ListProps) PageState {
		p.Base, p.Counts = "/console/gallery/devices", devices.Counts{All: 5_229, Connected: 4_917, Lagging: 3}
		return shelled("devices", "Devices", "devices", devices.List(p))
	}
	named := func(name string, s PageState) PageState { s.Name = name; return s }
	all := sampleDevices(50)
	item := devices.ItemProps{
		Row: all[3], CSRF: "token", List: "/console/gallery/devices", UserHref: "/console/gallery/devices?user=dana", Act: "/console/gallery/device",
		Name: "id=tablet-04&user=dana", FirstSeen: now - 40*86_400_000, Searched: 2000, Recent: changes(6),
	}
	for i, c := range changes(9) {
		item.Waiting = append(item.Waiting, devices.Change{Seq: c.Seq, Removed: c.Removed, Key: c.Key, Href: "/console/gallery/device", Version: c.Version, At: c.At - int64(i)})
	}
	quiet, lost, bad := item, item, item
	quiet.Row, quiet.Waiting, quiet.Recent = all[2], nil, nil
	quiet.Lag.Waiting = 0
	lost.Row, lost.Waiting = all[2], nil
	lost.Lag.Mark = 3
	bad.Row = hostileDevice()
	bad.Waiting, bad.Recent = append(bad.Waiting, devices.Change{Key: hostile + long, Href: "/console/gallery/device", Version: 1, At: now}), append(changes(1), hostileRow)
	forget := devices.ForgetProps{Row: all[3], CSRF: "token", Action: "/console/gallery/device-forget", Cancel: "/console/gallery/device"}
	wrong := devices.ForgetProps{Row: hostileDevice(), CSRF: "token", Action: forget.Action, Cancel: forget.Cancel, Typed: hostile, Error: "Type “\u2068forget\u2069” exactly."}
	return []PageState{
		list(devices.ListProps{Rows: all, Next: "/console/gallery/devices?page=next", Curl: "curl http://127.0.0.1:3000/api/v1/sync/status"}),
		named("devices-one", list(devices.ListProps{Rows: all[:1], Filter: devices.Filter{User: long}, First: "/console/gallery/devices"})),
		named("devices-hostile", list(devices.ListProps{Rows: append([]devices.Row{hostileDevice()}, all[:3]...), Filter: devices.Filter{Text: "a"}, Partial: true, Next: "/console/gallery/devices?page=next"})),
		named("devices-empty", list(devices.ListProps{})),
		named("devices-no-match", list(devices.ListProps{Filter: devices.Filter{State: "lagging", Text: hostile, User: hostile}})),
		shelled("device", "tablet-04", "devices", devices.Item(item)),
		shelled("device-quiet", "tablet-03", "devices", devices.Item(quiet)),
		shelled("device-lost", "tablet-03", "devices", devices.Item(lost)),
		shelled("device-hostile", "A device", "devices", devices.Item(bad)),
		shelled("device-forget", "Forget a device", "devices", devices.Forget(forget)),
		shelled("device-forget-wrong", "Forget a device", "devices", devices.Forget(wrong)),
	}
}
