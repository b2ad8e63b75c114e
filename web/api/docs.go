package api

import (
	"io/fs"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/static"
)

// The page of the documents may run its own files and talk to this server, nothing else.
// Swagger UI sets styles from its code, which needs 'unsafe-inline' for styles alone.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tidemark API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`

const docsScript = `SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
})
`

const docsFolder = "dist/apidocs" // within static

var docsTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".png": "image/png",
}

// Docs answers the page that shows the OpenAPI document; it loads nothing from elsewhere.
func (a *API) Docs(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, docsPolicy)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.SendString(docsPage)
}

// DocsFile answers a file of that page.
func (a *API) DocsFile(c *fiber.Ctx) error {
	name := c.Params("*")
	kind := docsTypes[path.Ext(name)]
	if kind == "" || strings.ContainsAny(name, "/\\") {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	if name == "start.js" {
		return c.SendString(docsScript)
	}
	b, err := fs.ReadFile(static.Files(), docsFolder+"/"+name)
	if err != nil {
		return fiber.ErrNotFound
	}
	return c.Send(b)
}
