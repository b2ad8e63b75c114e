package console

import (
	"bufio"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/models"
)

const exportIdle = time.Minute // for whoever downloads to take some more

// exportItems answers all items that fit as JSON Lines, for a download of any length in little memory.
func (c *Console) exportItems(f *fiber.Ctx) error {
	fl, err := storageFilterOf(f)
	if err != nil {
		return err
	}
	t, conn, who := visitOf(f).tenant, f.Context().Conn(), caller(f, "")
	q, ctx := browseQuery(t.ID, fl, clock.Millis(c.opt.Clock)), visitOf(f).base
	detail, err := json.Marshal(filterQuery(fl))
	if err != nil {
		return err
	}
	if err := c.opt.Store.Audit(as(f), models.AuditEntry{TenantID: t.ID, Action: "items.export", Object: fl.Owner, Detail: detail}); err != nil {
		return err
	}
	if err := c.streams.enter(visitOf(f).token); err != nil {
		return err
	}
	token := visitOf(f).token
	f.Attachment(t.Slug + "-items-" + c.opt.Clock.Now().UTC().Format("2006-01-02") + ".jsonl")
	f.Set(fiber.HeaderContentType, "application/x-ndjson")
	f.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer c.streams.leave(token)
		err := c.opt.Engine.Export(ctx, who, q, &download{w: w, more: func() error { return conn.SetWriteDeadline(c.opt.Clock.Now().Add(exportIdle)) }})
		if err != nil {
			c.opt.Log.WarnContext(ctx, "an export ended early", "tenant_id", t.ID, "error", err)
			_ = conn.Close() // so that the file is not taken for whole
		}
	})
	return nil
}

// download gives who reads it a bounded time for every stretch.
type download struct {
	w    *bufio.Writer
	more func() error
	n    int
}

func (d *download) Write(b []byte) (int, error) {
	if d.n -= len(b); d.n < 0 {
		if err := d.more(); err != nil {
			return 0, err
		}
		d.n = 64 << 10
	}
	return d.w.Write(b)
}
