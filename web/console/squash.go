package console

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

const squashFrom = 1 << 10 // bytes of a page below which compressing gains nothing

// send answers a page, compressed where the browser takes it so. What another site
// leads to is not: from sizes of pages with its text in them it could guess at what
// stands beside it. The token of a form differs on every page.
func send(f *fiber.Ctx, page []byte) error {
	if len(page) < squashFrom || !takesGzip(f) || !sameSite(f) {
		return f.Send(page)
	}
	f.Set(fiber.HeaderContentEncoding, "gzip")
	return f.Send(fasthttp.AppendGzipBytesLevel(nil, page, fasthttp.CompressBestSpeed))
}

func takesGzip(f *fiber.Ctx) bool {
	return strings.Contains(f.Get(fiber.HeaderAcceptEncoding), "gzip")
}
