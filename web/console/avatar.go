package console

import (
	"io"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/account"
)

// portraitOf is the address of one's own picture, another one after each change.
func portraitOf(m models.Account) string {
	if !m.Avatar {
		return ""
	}
	return accountPath + "/avatar?v=" + strconv.FormatInt(m.Version, 10)
}

// pictureOf is the address of a user's picture.
func pictureOf(f *fiber.Ctx, m *models.Member) string {
	if !m.Avatar {
		return ""
	}
	return usersOf(f) + "/avatar?" + url.Values{"id": {m.UserID}}.Encode()
}

func (c *Console) avatar(f *fiber.Ctx) error { return c.avatarOf(f, visitOf(f).account.ID) }

func (c *Console) userAvatar(f *fiber.Ctx) error {
	m, err := c.opt.Store.Member(f.UserContext(), visitOf(f).tenant.ID, f.Query("id"))
	if err != nil {
		return err
	}
	return c.avatarOf(f, m.AccountID)
}

func (c *Console) avatarOf(f *fiber.Ctx, accountID string) error {
	picture, err := c.opt.Store.Avatar(f.UserContext(), accountID)
	if err != nil {
		return err
	}
	if picture == nil {
		return fault.New(fault.NotFound, "There is no picture.")
	}
	return f.Type("png").Send(picture)
}

func (c *Console) changeAvatar(f *fiber.Ctx) error {
	file, err := pictureFile(f, "picture")
	if err == nil {
		_, err = c.opt.Access.SetAvatar(as(f), visitOf(f).account, file)
	}
	if err == nil {
		return c.done(f, accountPath, flash{Text: "Your picture is changed."})
	}
	fl := fault.From(err)
	if fl.Code != fault.Invalid {
		return err
	}
	p := profileOf(visitOf(f).account)
	p.Wrong = fieldsOf(fl)["picture"]
	return c.accountPage(f.Status(fl.Code.Status()), account.Props{Profile: p})
}

func (c *Console) removeAvatar(f *fiber.Ctx) error {
	if _, err := c.opt.Access.SetAvatar(as(f), visitOf(f).account, nil); err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: "Your picture is removed."})
}

// pictureFile is the file of a form, of at most one byte more than a picture may have.
func pictureFile(f *fiber.Ctx, name string) ([]byte, error) {
	h, err := f.FormFile(name)
	if err != nil || h.Size == 0 {
		return nil, fault.OfField(name, "required", "must be chosen, and not be empty")
	}
	file, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(file, access.MaxAvatar+1))
}
