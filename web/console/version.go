package console

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
)

// formVersion is the version that a form was made against; a form without one is `malformed`.
func formVersion(f *fiber.Ctx) (int64, error) {
	n, err := strconv.ParseInt(f.FormValue("version"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.Malformed, "The form is not complete. Open it again.")
	}
	return n, nil
}
