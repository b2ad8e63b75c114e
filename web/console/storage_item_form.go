package console

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

// itemForm is what a person typed of an item.
type itemForm struct {
	place                                    storage.ItemPlace
	value, metadata, tags, expires, priority string
	op                                       string // names the form
	base, seq                                int64  // the version it began from, and where that is in the log
	fresh                                    bool   // it is to be a new item
}

func itemFormOf(f *fiber.Ctx, fresh bool) itemForm {
	text := func(name string) string { return strings.ReplaceAll(f.FormValue(name), "\r\n", "\n") }
	return itemForm{
		place: itemPlaceOf(f), value: text("value"), metadata: text("metadata"), tags: text("tags"), expires: strings.TrimSpace(text("expires")),
		priority: strings.TrimSpace(text("priority")), op: f.FormValue("op"), base: formNumber(f, "version"), seq: formNumber(f, "seq"), fresh: fresh,
	}
}

// formOf fills the form from an item as it was at some version.
func formOf(p storage.ItemPlace, c content, tags []string) itemForm {
	in := itemForm{place: p, value: ui.PrettyJSON(c.value), tags: strings.Join(tags, "\n"), expires: strings.Trim(string(c.expires), `"`), priority: string(c.priority)}
	if c.metadata != nil {
		in.metadata = ui.PrettyJSON(c.metadata)
	}
	return in
}

// operation is the write the form asks for, or what is wrong with which field of it.
func (in *itemForm) operation(now int64) (protocol.Op, map[string]string) {
	wrong := map[string]string{}
	op := protocol.Op{Kind: protocol.Set, Collection: in.place.Collection, Key: in.place.Key, Base: &in.base, Strict: true, CreateOnly: in.fresh}
	note := func(field, name string, err error) {
		if err != nil {
			fl := fault.From(err)
			wrong[field] = fmt.Sprintf("The %s %s.", name, fl.Fields[0].Message)
		}
	}
	note("key", "key", protocol.CheckKey(in.place.Key))
	note("owner", "user", protocol.CheckHolder(in.place.Owner))
	note("collection", "collection", protocol.CheckCollection(in.place.Collection))
	op.Value = jsonField(in.value, "value", "The value", wrong)
	if strings.TrimSpace(in.metadata) != "" {
		op.Metadata = jsonField(in.metadata, "metadata", "The metadata", wrong)
		if len(op.Metadata) > 0 && op.Metadata[0] != '{' {
			wrong["metadata"] = "The metadata must be a JSON object."
		}
	}
	op.Tags = in.tagList(wrong)
	op.TTL = in.ttl(now, wrong)
	if in.priority != "" {
		n, err := strconv.ParseInt(in.priority, 10, 64)
		if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
			wrong["priority"] = "The priority must be a whole number of at most 32 bits."
		}
		op.Priority = n
	}
	op.OpID = in.opID(&op)
	return op, wrong
}

var jsonFault = regexp.MustCompile(`^Malformed JSON: (?s:(.*)) at byte (\d+)\.$`)

// jsonField is the canonical form of a field of JSON; what is wrong with it is noted with its line and column.
func jsonField(text, field, name string, wrong map[string]string) []byte {
	if strings.TrimSpace(text) == "" {
		wrong[field] = name + " is missing. Nothing at all is written as null."
		return nil
	}
	out, err := protocol.Canonical(nil, []byte(text))
	if err == nil {
		return out
	}
	m := jsonFault.FindStringSubmatch(fault.From(err).Message)
	if m == nil {
		wrong[field] = name + " is not JSON."
		return nil
	}
	at, _ := strconv.Atoi(m[2]) // digits alone
	line, column := position(text, at)
	wrong[field] = fmt.Sprintf("%s is not JSON: line %d, column %d: %s.", name, line, column, m[1])
	return nil
}

// position is the line and the column, both from 1, of a byte of a text.
func position(text string, at int) (line, column int) {
	before := text[:min(at, len(text))]
	last := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[last:]) + 1
}

func (in *itemForm) tagList(wrong map[string]string) []string {
	var out []string
	for _, tag := range strings.Split(in.tags, "\n") {
		switch {
		case strings.TrimSpace(tag) == "" || slices.Contains(out, tag):
			continue
		case len(out) == protocol.MaxTags:
			wrong["tags"] = fmt.Sprintf("There may be at most %d tags.", protocol.MaxTags)
			return nil
		}
		if err := protocol.CheckTag(tag); err != nil {
			wrong["tags"] = fmt.Sprintf("The tag %d %s.", len(out)+1, fault.From(err).Fields[0].Message)
		}
		out = append(out, tag)
	}
	return out
}

var spans = regexp.MustCompile(`^(\d{1,10})\s*(s|m|h|d)$`)

var spanSeconds = map[string]int64{"s": 1, "m": 60, "h": 3600, "d": 86_400}

// ttl reads when the item ends: after a span, or at a moment.
func (in *itemForm) ttl(now int64, wrong map[string]string) *protocol.TTL {
	if in.expires == "" {
		return nil
	}
	if m := spans.FindStringSubmatch(in.expires); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64) // at most ten digits
		if n *= spanSeconds[m[2]]; n < 1 || n > protocol.MaxTTL {
			wrong["expires"] = "An item may expire in a second at the earliest and in a hundred years at the latest."
		}
		return &protocol.TTL{Seconds: n}
	}
	at, err := time.Parse(time.RFC3339, in.expires)
	switch {
	case err != nil:
		wrong["expires"] = "The expiry must be a span such as 30m, 12h or 7d, or a time such as 2027-01-31T08:00:00Z."
	case at.UnixMilli() <= now:
		wrong["expires"] = "The time to expire at has passed already."
	}
	return &protocol.TTL{At: at.UnixMilli()}
}

// opID names the write, so that the same form sent twice is one write; with other content it is another.
func (in *itemForm) opID(op *protocol.Op) string {
	if in.op == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q %q %q %d", in.op, in.base, op.Value, op.Metadata, op.Tags, in.expires, op.Priority))
	return "console-" + hex.EncodeToString(sum[:16])
}

// content is what was typed, as far as it could be read.
func (in *itemForm) content(op *protocol.Op) content {
	out := contentFrom(op.Value, op.Metadata, op.Tags, 0, op.Priority)
	if in.expires != "" {
		out.expires = encoded(in.expires)
	}
	return out
}

// props is the form as a page shows it.
func (c *Console) editProps(f *fiber.Ctx, in itemForm) storage.EditProps {
	return storage.EditProps{
		Place: in.place, CSRF: c.token(f), Script: c.assets.base + "/editor.js", New: in.fresh, Version: in.base, Seq: in.seq, Op: clock.NewID(c.opt.Clock),
		Value: in.value, Metadata: in.metadata, Tags: in.tags, Expires: in.expires, Priority: in.priority,
	}
}

func itemContent(it *models.Item) content {
	if it.Deleted {
		return content{}
	}
	return contentFrom(it.Value, it.Metadata, it.Tags, it.ExpiresAt, it.Priority)
}
