package console

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/storage"
)

// person is who made a change, as people know them.
type person struct{ name, kind string }

// personOf finds out who an actor is. One that is gone keeps its id.
func (c *Console) personOf(ctx context.Context, tenantID, actor string) (person, error) {
	kind, id, _ := strings.Cut(actor, ":")
	var name string
	var err error
	switch kind {
	case "key":
		var k models.APIKey
		if k, err = c.opt.Store.APIKeyByID(ctx, id); err == nil && k.TenantID == tenantID {
			name = k.Name
		}
		kind = "API key"
	case "account":
		var a models.Account
		if a, err = c.opt.Store.AccountByID(ctx, id); err == nil {
			if name = a.Name; name == "" {
				name = a.Email
			}
		}
		kind = "administrator"
	case "user":
		name = id
	default:
		return person{"Tidemark", "by itself"}, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return person{}, err
	}
	if name == "" {
		name = id
	}
	return person{name, kind}, nil
}

// versionsOf turns changes of one item into what pages tell of them.
func (c *Console) versionsOf(f *fiber.Ctx, changes []models.Change) ([]storage.Change, error) {
	ctx, out, known := f.UserContext(), make([]storage.Change, 0, len(changes)), map[string]person{}
	devices, err := c.knownDevices(ctx, changes)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		ch := &changes[i]
		who, ok := known[ch.Actor]
		if !ok {
			if who, err = c.personOf(ctx, ch.TenantID, ch.Actor); err != nil {
				return nil, err
			}
			known[ch.Actor] = who
		}
		v := storage.Change{
			Seq: ch.Seq, Version: ch.Version, Base: ch.Base, Removed: ch.Op == models.ChangeRemove, Who: who.name, WhoKind: who.kind, Device: ch.Instance,
			Door: doorNames[ch.Door], Address: ch.Address, At: ch.At, Size: ch.Size, RequestID: ch.RequestID,
		}
		if ch.ClientOp {
			v.OpID = ch.OpID
		}
		if devices[ch.Instance] {
			v.DeviceHref = deviceHref(visitOf(f).tenant.Slug, ch.Owner, ch.Instance)
		}
		out = append(out, v)
	}
	return out, nil
}

// knownDevices are the devices that made changes of one item and have a page.
func (c *Console) knownDevices(ctx context.Context, changes []models.Change) (map[string]bool, error) {
	var ids []string
	for i := range changes {
		if id := changes[i].Instance; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return c.opt.Store.KnownDevices(ctx, changes[0].TenantID, changes[0].Owner, ids)
}
