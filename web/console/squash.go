package console

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

const squashFrom = 1 << 10 // bytes of a page below which compressing gains nothing

// send answers a page, compressed where the browser takes it so. Sizes tell nothing
// that is worth guessing: the token of a form differs on every page, and a secret is shown once.
func send(f *fiber.Ctx, page []byte) error {
	if len(page) < squashFrom || !takesGzip(f) {
		return f.Send(page)
	}
	f.Set(fiber.HeaderContentEncoding, "gzip")
	return f.Send(fasthttp.AppendGzipBytesLevel(nil, page, fasthttp.CompressBestSpeed))
}

func takesGzip(f *fiber.Ctx) bool {
	return strings.Contains(f.Get(fiber.HeaderAcceptEncoding), "gzip")
}
