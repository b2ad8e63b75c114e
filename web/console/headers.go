package console

import "github.com/gofiber/fiber/v2"

// pageHeaders: everything comes from here, nothing is inline, nothing is kept.
var pageHeaders = map[string]string{
	fiber.HeaderContentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
	fiber.HeaderCacheControl:        "no-store",
	fiber.HeaderXContentTypeOptions: "nosniff",
	fiber.HeaderXFrameOptions:       "DENY",
	fiber.HeaderReferrerPolicy:      "same-origin",
	fiber.HeaderPermissionsPolicy:   "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Cross-Origin-Opener-Policy":    "same-origin",
	"Cross-Origin-Resource-Policy":  "same-origin",
	fiber.HeaderVary:                "HX-Request, Cookie, Accept-Encoding",
}

func (c *Console) headers(f *fiber.Ctx) error {
	setHeaders(f)
	return f.Next()
}

func setHeaders(f *fiber.Ctx) {
	for name, value := range pageHeaders {
		f.Set(name, value)
	}
}
