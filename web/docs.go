package web

import (
	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/models"
)

// documents keeps what describes the API from strangers: unless everybody may read
// it, it answers administrators, holders of a credential and, except in production, this machine itself.
func (s *Server) documents(h fiber.Handler) fiber.Handler {
	guarded := s.api.Guard(access.Authenticated, func(c *fiber.Ctx, _ models.Caller) error { return h(c) })
	return func(c *fiber.Ctx) error {
		if s.opt.PublicDocs || s.local(c) {
			return h(c)
		}
		in, err := s.signedIn(c)
		if err != nil {
			return err
		}
		if in {
			return h(c)
		}
		return guarded(c)
	}
}

// signedIn says whether an administrator asks, outside the console.
func (s *Server) signedIn(c *fiber.Ctx) (bool, error) {
	if s.opt.Console == nil {
		return false, nil
	}
	return s.opt.Console.SignedIn(c)
}
