package console

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/devices"
)

const (
	devicesPage    = 50
	devicesWaiting = 100 // changes that wait for a device are counted up to so many, in the list
)

func (c *Console) deviceRoutes(in fiber.Router) {
	in.Get("/t/:tenant/devices", c.ofTenant, c.devices)
	in.Get("/t/:tenant/devices/item", c.ofTenant, c.device)
	in.Get("/t/:tenant/devices/item/stream", c.ofTenant, c.deviceStream)
	in.Post("/t/:tenant/devices/item/disconnect", c.ofTenant, c.disconnectDevice)
	in.Get("/t/:tenant/devices/item/forget", c.ofTenant, c.askForgetDevice)
	in.Post("/t/:tenant/devices/item/forget", c.ofTenant, c.recently("Forget the device"), c.forgetDevice)
}

func (c *Console) devices(f *fiber.Ctx) error {
	q, fl := deviceQuery(f)
	after, err := readPlace(f.Query("page"))
	if err != nil {
		return err
	}
	q.After = after
	list, next, err := c.deviceList(f, q)
	if err != nil {
		return err
	}
	list.Base, list.Filter, list.Curl = tenantOf(visitOf(f).tenant).Href()+"/devices", fl, deviceCurl(f)
	list.First, list.Prev, list.Next = pagesOf(f, f.Query("page"), next, func(place string) string { return fl.Page(list.Base, place) })
	return c.page(f, place{title: "Devices", active: "devices"}, devices.List(list))
}

// deviceQuery is the filter of an address. What it does not know counts as nothing.
func deviceQuery(f *fiber.Ctx) (store.DeviceQuery, devices.Filter) {
	fl := devices.Filter{State: f.Query("state"), Text: strings.TrimSpace(f.Query("q")), User: f.Query("user"), Sort: f.Query("sort")}
	switch store.DeviceState(fl.State) {
	case store.DevicesConnected, store.DevicesLagging, store.DevicesAway:
	default:
		fl.State = ""
	}
	if s := store.DeviceSort(fl.Sort); s != store.DevicesBehind && s != store.DevicesByUser {
		fl.Sort = ""
	}
	return store.DeviceQuery{
		TenantID: visitOf(f).tenant.ID, State: store.DeviceState(fl.State), User: fl.User, Text: fl.Text, Sort: store.DeviceSort(fl.Sort), Limit: devicesPage,
	}, fl
}

// deviceList reads a page of devices, with what waits for each, and where the next one begins.
func (c *Console) deviceList(f *fiber.Ctx, q store.DeviceQuery) (list devices.ListProps, next string, err error) {
	ctx := f.UserContext()
	t := visitOf(f).tenant
	now, err := c.logOf(ctx, t)
	if err != nil {
		return list, "", err
	}
	q.Behind = now.behind
	counts, err := c.opt.Store.DeviceCounts(ctx, q.TenantID, q.Behind)
	if err != nil {
		return list, "", err
	}
	page, err := c.opt.Store.Devices(ctx, q)
	if err != nil {
		return list, "", err
	}
	was := deviceCounts(page.Devices, q.Behind)
	c.opt.Engine.Refresh(page.Devices)
	is := deviceCounts(page.Devices, q.Behind) // what is not written down yet counts, too
	counts.Connected, counts.Lagging = counts.Connected+is.Connected-was.Connected, counts.Lagging+is.Lagging-was.Lagging
	waiting, err := c.opt.Store.Waiting(ctx, page.Devices, devicesWaiting+1)
	if err != nil {
		return list, "", err
	}
	list.Counts, list.Partial = devices.Counts(counts), page.Partial
	for i := range page.Devices {
		r := c.deviceRow(t, &page.Devices[i], now)
		r.Lag.Waiting, r.Lag.More = min(waiting[i], devicesWaiting), waiting[i] > devicesWaiting
		list.Rows = append(list.Rows, r)
	}
	return list, writePlace(page.Next), nil
}

// deviceCounts counts the devices of a page.
func deviceCounts(page []models.Instance, behind int64) (n store.DeviceCounts) {
	for i := range page {
		if page[i].ConnID == 0 {
			continue
		}
		if n.Connected++; page[i].Mark < behind {
			n.Lagging++
		}
	}
	return n
}

// logNow is where a tenant's log stands, and which mark lags behind it.
type logNow struct {
	head   models.Head
	behind int64
}

func (c *Console) logOf(ctx context.Context, t models.Tenant) (now logNow, err error) {
	if now.head, err = c.opt.Store.Head(ctx, t.ID); err != nil {
		return now, err
	}
	now.behind, err = c.opt.Engine.LaggingBelow(ctx, now.head)
	return now, err
}

func (c *Console) deviceRow(t models.Tenant, in *models.Instance, log logNow) devices.Row {
	r := devices.Row{
		Href: deviceHref(t.Slug, in.UserID, in.ID), ID: in.ID, User: in.UserID, Platform: devices.Platform(in.Platform, in.UserAgent), Agent: in.UserAgent,
		Address: in.Address, Door: doorNames[in.Door], State: devices.Away, Skewed: in.ClockSkew, Since: in.ConnectedAt, Seen: in.LastSeenAt,
		Now: clock.Millis(c.opt.Clock), Lag: devices.Lag{Mark: in.Mark, Head: log.head.Seq, Floor: log.head.Floor},
	}
	switch {
	case in.ConnID != 0 && in.Mark < log.behind:
		r.State = devices.Lagging
	case in.ConnID != 0:
		r.State = devices.Connected
	}
	return r
}

// deviceHref is the page of a device.
func deviceHref(slug, user, id string) string {
	return "/console/t/" + slug + "/devices/item?" + url.Values{"user": {user}, "id": {id}}.Encode()
}

func deviceCurl(f *fiber.Ctx) string {
	return fmt.Sprintf("curl %s/api/v1/sync/status \\\n  -H 'X-API-Key: <a key of this tenant>' \\\n  -H 'X-User-Id: *'", ownAddress(f))
}

// writePlace is where a page begins as text of an address; readPlace reads it.
func writePlace(p *store.DevicePlace) string {
	if p == nil {
		return ""
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "" // a place always encodes
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readPlace(text string) (*store.DevicePlace, error) {
	if text == "" {
		return nil, nil
	}
	var p store.DevicePlace
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Malformed, err, "This address does not name a page of the list. Begin at its first page.")
	}
	return &p, nil
}
