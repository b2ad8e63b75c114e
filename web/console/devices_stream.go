package console

import (
	"context"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/devices"
)

const deviceTicks = 2 // between two looks at a device

func (c *Console) deviceStream(f *fiber.Ctx) error {
	return c.stream(f, &deviceFeed{console: c, tenant: visitOf(f).tenant, user: f.Query("user"), id: f.Query("id"), csrf: c.token(f), ticks: deviceTicks})
}

// deviceFeed tells a page when its device has moved.
type deviceFeed struct {
	console  *Console
	tenant   models.Tenant
	user, id string
	csrf     string
	ticks    int    // since it was looked at
	shown    string // what the page shows
}

func (n *deviceFeed) close() {}

func (n *deviceFeed) pull(ctx context.Context) (*event, error) {
	if n.ticks++; n.ticks < deviceTicks {
		return nil, nil
	}
	n.ticks = 0
	p, _, err := n.console.deviceNow(ctx, n.tenant, n.user, n.id)
	e := &event{name: "device"}
	switch {
	case fault.Is(err, fault.NotFound):
		p = devices.ItemProps{List: tenantOf(n.tenant).Href() + "/devices"}
		e.body = devices.Gone(p)
	case err != nil:
		return nil, err
	default:
		p.CSRF = n.csrf
		e.body = devices.Update(p)
	}
	still := p
	still.Now = 0
	if now := fmt.Sprintf("%+v", still); now != n.shown {
		n.shown = now
		return e, nil
	}
	return nil, nil
}
