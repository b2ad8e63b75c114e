package console

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/views/gallery"
)

// gallery shows every part in its states; only development builds serve it.
func (c *Console) gallery(f *fiber.Ctx) error {
	return c.render(f, gallery.Index(c.frame(f, "Gallery")))
}

// galleryPage is a page state; one that asks how far something has come gets no answer, and stays as it is.
func (c *Console) galleryPage(f *fiber.Ctx) error {
	if partial(f) {
		return f.SendStatus(http.StatusNoContent)
	}
	if p := gallery.Page(f.Params("page"), c.frame(f, "")); p != nil {
		return c.render(f, p)
	}
	return fiber.ErrNotFound
}

// galleryStream is a stream on which nothing happens.
func (c *Console) galleryStream(f *fiber.Ctx) error { return c.stream(f, silence{}) }

type silence struct{}

func (silence) pull(context.Context) (*event, error) { return nil, nil }
func (silence) close()                               {}
