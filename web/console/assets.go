package console

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/static"
)

// asset is a file as it is sent.
type asset struct {
	kind     string
	plain    []byte
	squashed []byte // by gzip; nil where that gains nothing
}

// assets are the built files. The build in their address changes with their content.
type assets struct {
	base  string
	files map[string]asset
}

var assetKinds = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// newAssets reads the embedded files, which is always possible.
func newAssets() assets {
	build, err := static.Build()
	if err != nil {
		panic(err)
	}
	a := assets{base: "/console/assets/" + build, files: map[string]asset{}}
	names, err := fs.Glob(static.Files(), "dist/*.*")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(static.Files(), name)
		if err != nil {
			panic(err)
		}
		a.files[path.Base(name)] = asset{kind: assetKinds[path.Ext(name)], plain: b, squashed: squash(name, b)}
	}
	return a
}

func squash(name string, b []byte) []byte {
	if strings.HasSuffix(name, ".woff2") { // compressed already
		return nil
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err = w.Write(b); err != nil || w.Close() != nil {
		return nil
	}
	return out.Bytes()
}

// asset answers a file. Browsers keep one of this build for ever, and one of another build not at all.
func (c *Console) asset(f *fiber.Ctx) error {
	a, ok := c.assets.files[f.Params("*")]
	if !ok {
		return fiber.ErrNotFound
	}
	f.Set(fiber.HeaderContentType, a.kind)
	f.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	f.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	f.Set(fiber.HeaderCacheControl, "no-cache")
	if strings.HasSuffix(c.assets.base, "/"+f.Params("build")) {
		f.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	if a.squashed != nil && takesGzip(f) {
		f.Set(fiber.HeaderContentEncoding, "gzip")
		return f.Send(a.squashed)
	}
	return f.Send(a.plain)
}
