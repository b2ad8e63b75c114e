package console

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/devices"
	"tidemark/views/layout"
)

const (
	devicePending  = 50   // changes that wait, as the page shows them
	deviceRecent   = 20   // changes by the device
	deviceSearched = 2000 // newest changes of its user that are looked through for those
)

func (c *Console) device(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	p, in, err := c.deviceNow(f.UserContext(), t, f.Query("user"), f.Query("id"))
	if err != nil {
		return err
	}
	by, err := c.opt.Store.Activity(f.UserContext(), store.ActivityQuery{TenantID: in.TenantID, Owner: in.UserID, Limit: deviceSearched})
	if err != nil {
		return err
	}
	p.CSRF, p.Paused, p.Searched = c.token(f), f.Query("paused") != "", deviceSearched
	p.Recent = rowsOf(t.Slug, pick(by, activityOf(in), deviceRecent), p.Now)
	return c.page(f, devicePlace(f, in.ID), devices.Item(p))
}

// deviceNow is what the page of a device shows of it as it is now.
func (c *Console) deviceNow(ctx context.Context, t models.Tenant, user, id string) (devices.ItemProps, models.Instance, error) {
	in, r, waiting, err := c.deviceOf(ctx, t, user, id)
	list := tenantOf(t).Href() + "/devices"
	p := devices.ItemProps{
		Row: r, List: list, UserHref: devices.Filter{User: in.UserID}.Href(list), FirstSeen: in.FirstSeenAt, Name: deviceName(in).Encode(), Act: list + "/item",
	}
	for i := range waiting {
		ch := &waiting[i]
		p.Waiting = append(p.Waiting, devices.Change{Seq: ch.Seq, Removed: ch.Op == models.ChangeRemove, Key: ch.Key, Href: changeHref(t.Slug, ch), Version: ch.Version, At: ch.At})
	}
	return p, in, err
}

func devicePlace(f *fiber.Ctx, title string) place {
	return place{title: title, active: "devices", crumbs: []layout.Crumb{{Label: "Devices", Href: devicesOf(f)}}}
}

func devicesOf(f *fiber.Ctx) string { return tenantOf(visitOf(f).tenant).Href() + "/devices" }

func deviceAct(f *fiber.Ctx, act string) string { return devicesOf(f) + "/item" + act }

func deviceName(in models.Instance) url.Values {
	return url.Values{"user": {in.UserID}, "id": {in.ID}}
}

// deviceOf reads a device with the first changes that wait for it.
func (c *Console) deviceOf(ctx context.Context, t models.Tenant, user, id string) (in models.Instance, r devices.Row, waiting []models.Change, err error) {
	if in, err = c.opt.Store.Device(ctx, t.ID, user, id); err != nil {
		return in, r, nil, err
	}
	one := []models.Instance{in}
	c.opt.Engine.Refresh(one)
	in = one[0]
	now, err := c.logOf(ctx, t)
	if err != nil {
		return in, r, nil, err
	}
	q, err := c.opt.Engine.Queue(ctx, in, devicePending)
	r = c.deviceRow(t, &in, now)
	r.Lag.Waiting, r.Lag.More = q.Count, q.More
	return in, r, q.First, err
}

func (c *Console) disconnectDevice(f *fiber.Ctx) error {
	user, id := f.FormValue("user"), f.FormValue("id")
	err := c.opt.Engine.Disconnect(as(f), visitOf(f).tenant.ID, user, id)
	told := flash{Text: isolated(id) + " was disconnected. It may connect again, and goes on where it was."}
	if fault.Is(err, fault.Invalid) {
		told, err = flash{Text: isolated(id) + " was not connected any more.", Bad: true}, nil
	}
	if err != nil {
		return err
	}
	return c.done(f, deviceHref(visitOf(f).tenant.Slug, user, id), told)
}

func (c *Console) askForgetDevice(f *fiber.Ctx) error {
	p, err := c.forgetting(f, f.Query("user"), f.Query("id"))
	if err != nil {
		return err
	}
	return c.page(f, devicePlace(f, "Forget a device"), devices.Forget(p))
}

func (c *Console) forgetting(f *fiber.Ctx, user, id string) (devices.ForgetProps, error) {
	in, r, _, err := c.deviceOf(f.UserContext(), visitOf(f).tenant, user, id)
	return devices.ForgetProps{Row: r, CSRF: c.token(f), Action: deviceAct(f, "/forget"), Cancel: deviceHref(visitOf(f).tenant.Slug, in.UserID, in.ID)}, err
}

func (c *Console) forgetDevice(f *fiber.Ctx) error {
	p, err := c.forgetting(f, f.FormValue("user"), f.FormValue("id"))
	if err != nil {
		return err
	}
	if p.Typed = f.FormValue("confirm"); p.Typed != p.Word() {
		p.Error = "Type “" + isolated(p.Word()) + "” exactly."
		f.Status(http.StatusUnprocessableEntity)
		return c.page(f, devicePlace(f, "Forget a device"), devices.Forget(p))
	}
	if err := c.opt.Engine.Forget(as(f), visitOf(f).tenant.ID, p.User, p.ID); err != nil {
		return err
	}
	return c.done(f, devicesOf(f), flash{Text: isolated(p.ID) + " was forgotten. When it returns it takes a snapshot."})
}
