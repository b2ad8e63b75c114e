package console

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

// deleteItem removes the version that was looked at, and offers to take it back.
func (c *Console) deleteItem(f *fiber.Ctx) error {
	p, base := itemPlaceOf(f), formNumber(f, "version")
	_, it, err := c.look(f, p)
	if err != nil {
		return err
	}
	done, err := c.writeItem(f, p, protocol.Op{Kind: protocol.Remove, Collection: p.Collection, Key: p.Key, Base: &base, Strict: true})
	switch fault.CodeOf(err) {
	case "":
	case fault.NotFound:
		return c.done(f, p.Href(""), flash{Text: "It was removed already."})
	case fault.VersionConflict:
		return c.staleDelete(f, p, base)
	default:
		return err
	}
	undo := append(p.Fields(), ui.Hidden{Name: "version", Value: strconv.FormatInt(done.Version, 10)}, ui.Hidden{Name: "seq", Value: strconv.FormatInt(it.Seq, 10)})
	return c.done(f, p.Href(""), flash{Text: "Removed. Devices will remove it too.", Undo: p.Form("/undelete"), With: undo})
}

func (c *Console) staleDelete(f *fiber.Ctx, p storage.ItemPlace, base int64) error {
	seen, _, err := c.look(f, p)
	if err != nil {
		return err
	}
	newer, err := c.since(f, p, base)
	if err != nil {
		return err
	}
	return c.page(f.Status(http.StatusConflict), itemStands(p, "Delete"), storage.StaleDelete(storage.StaleDeleteProps{Item: seen, Since: newer}))
}

// undeleteItem writes the former value of a removed item back.
func (c *Console) undeleteItem(f *fiber.Ctx) error {
	p, seq := itemPlaceOf(f), formNumber(f, "seq")
	if seq == 0 {
		was, err := c.former(f.UserContext(), caller(f, p.Owner), p)
		if err != nil {
			return err
		}
		seq = was.Seq
	}
	return c.writeBack(f, p, seq, "It is back, as version %s.")
}

// restoreItem writes an old version anew.
func (c *Console) restoreItem(f *fiber.Ctx) error {
	return c.writeBack(f, itemPlaceOf(f), formNumber(f, "seq"), "Restored as version %s.")
}

// writeBack writes an old version over the one that was looked at.
func (c *Console) writeBack(f *fiber.Ctx, p storage.ItemPlace, seq int64, says string) error {
	was, err := c.versionAt(f, p, seq)
	if err != nil {
		return err
	}
	if was.Op == models.ChangeRemove {
		return fault.New(fault.NotFound, "There is nothing to restore: in this version the item was removed.")
	}
	base := formNumber(f, "version")
	op := protocol.Op{
		Kind: protocol.Set, Collection: p.Collection, Key: p.Key, Base: &base, Strict: true,
		Value: was.Value, Metadata: was.Metadata, Tags: was.Tags, Priority: was.Priority, Opaque: was.Opaque,
	}
	switch {
	case was.ExpiresAt > clock.Millis(c.opt.Clock):
		op.TTL = &protocol.TTL{At: was.ExpiresAt}
	case was.ExpiresAt != 0:
		says += " The time it was to expire at has passed, so now it does not expire."
	}
	done, err := c.writeItem(f, p, op)
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, p.Href(""), flash{Text: fmt.Sprintf(says, ui.Comma(done.Version))})
	case fault.VersionConflict:
		in := formOf(p, contentOf(&was), was.Tags)
		in.base = base
		return c.staleItem(f, in, &op)
	default:
		return err
	}
}
