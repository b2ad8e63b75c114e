// Package static holds the console's built assets: one stylesheet, one script,
// two fonts, the icon, and the files of the API's documentation.
//
// They are made by static/build.mjs from static/src and committed, so that
// building Tidemark needs no Node. Build names their content: it stands in the
// URLs, so that browsers may keep the files for ever.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

//go:embed dist
var files embed.FS

// Files are all built assets, below dist. They are read-only.
func Files() fs.FS { return files }

// Build is the hash of all assets together, in short.
func Build() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, "dist", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(sum, "%s %d\n%s", path, len(b), b)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:12], err
}
