package field

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image/png"
	"regexp"
	"strings"

	"tidemark/engine/protocol"
)

// FileRef is a file that is kept: by the hash of its content.
type FileRef struct {
	Hash   string `json:"hash"` // SHA-256 in hexadecimal digits
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	Type   string `json:"type"` // its media type, as its content says
	Width  int64  `json:"width,omitempty"`
	Height int64  `json:"height,omitempty"` // of a picture, in pixels
	Millis int64  `json:"millis,omitempty"` // of sound and film
}

var (
	hashForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	mediaForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9*][a-z0-9.+*-]{0,100}$`)
)

// fileRule bounds files.
type fileRule struct {
	types     []string
	maxSize   int64
	maxPixels int64
}

func (r fileRule) check(f FileRef) (FileRef, error) {
	f.Name = oneLine(trimmed(strings.Map(func(c rune) rune {
		if c == '/' || c == '\\' || c < ' ' {
			return '_'
		}
		return c
	}, f.Name)), 200)
	switch {
	case !hashForm.MatchString(f.Hash):
		return f, bad("format", "must name a file by its SHA-256 in 64 hexadecimal digits").in("/hash")
	case f.Name == "":
		return f, bad("required", "must have a name").in("/name")
	case !mediaForm.MatchString(f.Type):
		return f, bad("format", "must have a media type such as image/png").in("/type")
	case len(r.types) > 0 && !mediaFits(f.Type, r.types):
		return f, bad("option", "must be of %s", strings.Join(r.types, ", ")).in("/type")
	case f.Size < 0 || f.Size > r.maxSize:
		return f, bad("size", "must have at most %d bytes", r.maxSize).in("/size")
	case f.Width < 0 || f.Height < 0 || f.Millis < 0 || f.Width > 1<<20 || f.Height > 1<<20:
		return f, bad("range", "must have a width and height of at most 1048576 pixels")
	case r.maxPixels > 0 && f.Width*f.Height > r.maxPixels:
		return f, bad("size", "must have at most %d pixels", r.maxPixels)
	}
	return f, nil
}

// mediaFits says whether a media type is one of some, of which image/* are all pictures.
func mediaFits(kind string, types []string) bool {
	for _, t := range types {
		if prefix, open := strings.CutSuffix(t, "*"); kind == t || open && strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

func (r fileRule) read(value []byte) (FileRef, error) {
	var f FileRef
	if err := readInto(value, &f); err != nil {
		return f, bad("type", "must be a file: its hash, name, size and type")
	}
	return r.check(f)
}

func writeFile(f FileRef) []byte { return canonical(f) }

// AttachmentOptions bound files.
type AttachmentOptions struct {
	Types   []string `json:"types" jsonschema:"title=Types,description=Media types such as application/pdf or image/*; none: any,maxItems=50"`
	MaxSize int64    `json:"maxSize" jsonschema:"title=Largest,description=In bytes,minimum=1,maximum=5000000000"`
	Max     int      `json:"max" jsonschema:"title=Most files,minimum=1,maximum=200"`
}

// attachmentType is some files, in an order of their own, each once.
func attachmentType() *Type {
	return define(Type{
		Name: "attachment", Label: "Attachments", Group: GroupFile, About: "Some files of any kind.",
		Storage: "object key + metadata", Merge: MergeSet, Index: ByMember, Filters: opsMembers, Widget: WidgetFiles, Cell: CellFiles, Library: "gabriel-vasile/mimetype",
	}, AttachmentOptions{Types: []string{}, MaxSize: 25 << 20, Max: 20}, func(o AttachmentOptions) (Field, error) {
		if err := mediaTypes(o.Types); err != nil {
			return nil, err
		}
		r := fileRule{types: o.Types, maxSize: o.MaxSize}
		return attachments{&rawField{
			schema: Schema{"type": "array", "maxItems": o.Max, "items": Schema{"type": "object", "required": []string{"hash", "name", "size", "type"}}},
			check:  func(value []byte) ([]byte, error) { return r.checkAll(value, o.Max) },
			show: func(value []byte, _ *Locale) string {
				var names []string
				for _, f := range filesOf(value) {
					names = append(names, f.Name)
				}
				return oneLine(joined(names), shownSigns)
			},
		}}, nil
	})
}

func mediaTypes(types []string) error {
	for _, t := range types {
		if !mediaForm.MatchString(t) {
			return bad("format", "has %q, which is no media type", oneLine(t, 40)).in("/types")
		}
	}
	return nil
}

func (r fileRule) checkAll(value []byte, most int) ([]byte, error) {
	list, err := readList(value)
	if err != nil {
		return nil, bad("type", "must be a list of files")
	}
	seen := map[string]bool{}
	var out []string
	for i, e := range list {
		f, err := r.read(e)
		var p *Problem
		if errors.As(err, &p) {
			return nil, p.in(place(i))
		}
		if !seen[f.Hash] {
			seen[f.Hash], out = true, append(out, string(writeFile(f)))
		}
	}
	switch {
	case len(out) == 0:
		return nil, nil
	case len(out) > most:
		return nil, bad("count", "must have at most %d files, and has %d", most, len(out))
	}
	return protocol.Array(out), nil
}

// filesOf are the files of a value, which is one or a list.
func filesOf(value []byte) []FileRef {
	var many []FileRef
	if readInto(value, &many) == nil {
		return many
	}
	var one FileRef
	if readInto(value, &one) == nil {
		return []FileRef{one}
	}
	return nil
}

func filesIn(value []byte) []Reference {
	var out []Reference
	for _, f := range filesOf(value) {
		out = append(out, Reference{To: ToFile, ID: f.Hash})
	}
	return out
}

// attachments is a field of files.
type attachments struct{ *rawField }

// Keys are a key for each file, by its content.
func (attachments) Keys(value []byte) [][]byte {
	var out [][]byte
	for _, f := range filesOf(value) {
		out = append(out, []byte(f.Hash))
	}
	return out
}

// Refers are the files that a value names.
func (attachments) Refers(value []byte) []Reference { return filesIn(value) }

// oneFile is a field of one file.
type oneFile struct{ *rawField }

// Refers is the file that a value names.
func (oneFile) Refers(value []byte) []Reference { return filesIn(value) }

func fileField(r fileRule) Field {
	return oneFile{&rawField{
		schema: Schema{"type": "object", "required": []string{"hash", "name", "size", "type"}},
		check: func(value []byte) ([]byte, error) {
			f, err := r.read(value)
			if err != nil {
				return nil, err
			}
			return writeFile(f), nil
		},
		show: func(value []byte, _ *Locale) string {
			for _, f := range filesOf(value) {
				return f.Name
			}
			return unreadable
		},
	}}
}

// ImageOptions bound a picture.
type ImageOptions struct {
	MaxSize   int64 `json:"maxSize" jsonschema:"title=Largest,description=In bytes,minimum=1,maximum=1000000000"`
	MaxPixels int64 `json:"maxPixels" jsonschema:"title=Most pixels,minimum=1,maximum=500000000"`
}

// imageType is a picture in PNG, JPEG, GIF or WebP.
func imageType() *Type {
	return define(Type{
		Name: "image", Label: "Image", Group: GroupFile, About: "A picture in PNG, JPEG, GIF or WebP.",
		Storage: "object key + metadata", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetFile, Cell: CellPicture, Library: "gabriel-vasile/mimetype",
	}, ImageOptions{MaxSize: 25 << 20, MaxPixels: 50_000_000}, func(o ImageOptions) (Field, error) {
		return fileField(fileRule{types: []string{"image/png", "image/jpeg", "image/gif", "image/webp"}, maxSize: o.MaxSize, maxPixels: o.MaxPixels}), nil
	})
}

// MediaOptions bound sound and film.
type MediaOptions struct {
	MaxSize int64 `json:"maxSize" jsonschema:"title=Largest,description=In bytes,minimum=1,maximum=5000000000"`
}

// mediaType is sound or film.
func mediaType() *Type {
	return define(Type{
		Name: "media", Label: "Audio / video", Group: GroupFile, About: "A recording: sound or film.",
		Storage: "object key + metadata", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetFile, Cell: CellFiles, Library: "gabriel-vasile/mimetype",
	}, MediaOptions{MaxSize: 500 << 20}, func(o MediaOptions) (Field, error) {
		return fileField(fileRule{types: []string{"audio/*", "video/*"}, maxSize: o.MaxSize}), nil
	})
}

const (
	signatureBytes  = 100_000
	signatureSide   = 2000 // pixels
	signatureMember = "png"
)

// signatureType is a signature as a picture: {"png":"<base64>"}. Of two the first stands.
func signatureType() *Type {
	return define(Type{
		Name: "signature", Label: "Signature", Group: GroupFile, About: "A signature, drawn by hand; of two the first stands.",
		Storage: "blob", Merge: MergeFirst, Index: NoIndex, Filters: opsPresent, Widget: WidgetFile, Cell: CellPicture, Library: "image/png",
	}, none{}, func(none) (Field, error) {
		return &rawField{
			schema: Schema{"type": "object", "required": []string{signatureMember}, "additionalProperties": false, "properties": Schema{signatureMember: Schema{"type": "string", "contentEncoding": "base64"}}},
			check: func(value []byte) ([]byte, error) {
				var raw struct {
					PNG string `json:"png"`
				}
				if err := readInto(value, &raw); err != nil {
					return nil, bad("type", "must be a picture in PNG, in base64")
				}
				file, err := base64.StdEncoding.Strict().DecodeString(raw.PNG)
				if err != nil {
					return nil, bad("format", "must be base64").in("/png")
				}
				if len(file) > signatureBytes {
					return nil, bad("size", "must have at most %d bytes", signatureBytes)
				}
				c, err := png.DecodeConfig(bytes.NewReader(file))
				if err != nil || c.Width > signatureSide || c.Height > signatureSide {
					return nil, bad("format", "must be a PNG of at most %d pixels in width and height", signatureSide)
				}
				return texted(map[string]string{signatureMember: raw.PNG}), nil
			},
			show: func([]byte, *Locale) string { return "signed" },
		}, nil
	})
}
