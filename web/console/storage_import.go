package console

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/views/storage"
)

const (
	importPart = 512 << 10 // bytes that a browser sends at once
	importForm = 1 << 20   // bytes of a whole file in one form
	fileName   = 120       // signs of a file's name
)

func (c *Console) importForm(f *fiber.Ctx) error {
	return c.importPage(f, storage.ImportProps{Owner: f.Query("owner")})
}

func (c *Console) importPage(f *fiber.Ctx, p storage.ImportProps) error {
	base := tenantOf(visitOf(f).tenant).Href() + "/storage"
	p.CSRF, p.Action, p.Back, p.Most, p.Part = c.token(f), base+"/import", base, "1 MB", strconv.Itoa(importPart)
	return c.page(f, inStorage(f, "Import items"), storage.ImportPage(p))
}

// newImport takes a file: whole, or, where a script cuts it, the name of one whose parts follow.
func (c *Console) newImport(f *fiber.Ctx) error {
	in := engine.Import{Name: f.FormValue("name"), Owner: f.FormValue("owner")}
	var body []byte
	if in.Name == "" {
		var err error
		if in.Name, body, err = uploaded(f); err != nil {
			return c.importAgain(f, in, err)
		}
	}
	in.Name = string([]rune(in.Name)[:min(len([]rune(in.Name)), fileName)])
	tenantID := visitOf(f).tenant.ID
	id, err := c.opt.Engine.NewImport(f.UserContext(), caller(f, ""), in)
	if err != nil {
		return c.importAgain(f, in, err)
	}
	if body == nil {
		return f.Status(http.StatusCreated).SendString(jobHref(f, id))
	}
	if err := c.opt.Engine.AddImport(f.UserContext(), tenantID, id, 0, body); err != nil {
		return err
	}
	if err := c.opt.Engine.CheckImport(as(f), tenantID, id); err != nil {
		return err
	}
	return f.Redirect(jobHref(f, id), http.StatusSeeOther)
}

// importAgain shows the form again with what is wrong.
func (c *Console) importAgain(f *fiber.Ctx, in engine.Import, err error) error {
	fl := fault.From(err)
	if fl.Code != fault.Invalid {
		return err
	}
	f.Status(http.StatusUnprocessableEntity)
	return c.importPage(f, storage.ImportProps{Owner: in.Owner, Error: "Nothing was uploaded", Fields: fieldsOf(fl)})
}

// uploaded is the file of a form.
func uploaded(f *fiber.Ctx) (name string, body []byte, err error) {
	h, err := f.FormFile("file")
	if err != nil || h.Size == 0 {
		return "", nil, fault.OfField("file", "required", "must be chosen, and not be empty.")
	}
	if h.Size > importForm {
		return "", nil, fault.OfField("file", "max", "may have at most 1 MB when it is sent without JavaScript.")
	}
	file, err := h.Open()
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	body, err = io.ReadAll(io.LimitReader(file, importForm))
	return strings.ReplaceAll(h.Filename, "%22", `"`), body, err // so a browser writes it
}

// importPart takes the next part of a file.
func (c *Console) importPart(f *fiber.Ctx) error {
	n, err := strconv.ParseInt(f.Query("n"), 10, 64)
	if err != nil || n < 0 {
		return fault.OfField("n", "natural", "must count the parts from 0.")
	}
	if len(f.Body()) == 0 || len(f.Body()) > importForm {
		return fault.OfField("file", "max", "must come in parts of at most 1 MB.")
	}
	if err := c.opt.Engine.AddImport(f.UserContext(), visitOf(f).tenant.ID, f.Params("job"), n, f.Body()); err != nil {
		return err
	}
	return f.SendStatus(http.StatusNoContent)
}

// checkImport has a file read whose parts are all there.
func (c *Console) checkImport(f *fiber.Ctx) error {
	if err := c.opt.Engine.CheckImport(as(f), visitOf(f).tenant.ID, f.Params("job")); err != nil {
		return err
	}
	return f.Redirect(jobHref(f, f.Params("job")), http.StatusSeeOther)
}

// startImport has a file that was checked written.
func (c *Console) startImport(f *fiber.Ctx) error {
	if err := c.opt.Engine.RunImport(as(f), visitOf(f).tenant.ID, f.Params("job"), f.FormValue("policy")); err != nil {
		return err
	}
	return f.Redirect(jobHref(f, f.Params("job")), http.StatusSeeOther)
}
