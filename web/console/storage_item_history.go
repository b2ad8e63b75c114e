package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

const historyRows = 20

func (c *Console) itemHistory(f *fiber.Ctx) error {
	seen, it, err := c.look(f, itemPlaceOf(f))
	if err != nil {
		return err
	}
	at := seen.Place
	from, way := versionPlace(f)
	h, err := c.opt.Engine.History(f.UserContext(), caller(f, at.Owner), engine.HistoryQuery{Collection: at.Collection, Key: at.Key, From: from, Limit: historyRows})
	if err != nil {
		return err
	}
	p := storage.HistoryProps{Item: seen, Gone: h.Gone, Days: visitOf(f).tenant.RetentionDays}
	if p.Versions, err = c.versionsOf(f, h.Versions); err != nil {
		return err
	}
	if err := c.keepChosen(f, &p); err != nil {
		return err
	}
	p.Current = it.Seq
	if h.Next != 0 {
		p.Older = placeOfVersion(fmt.Sprint(h.Next), append(way, fmt.Sprint(from)))
	}
	if n := len(way); n > 0 {
		p.Newer = placeOfVersion(way[n-1], way[:n-1])
	}
	if from != 0 {
		p.First = at.Href("/history")
	}
	return c.page(f, itemStands(at, "History"), storage.HistoryPage(p))
}

// versionPlace is the version with which a page begins, 0 for the newest, and with which those began that one came by.
func versionPlace(f *fiber.Ctx) (int64, trail) {
	seq, way, _ := strings.Cut(f.FormValue("before"), ".")
	from, err := strconv.ParseInt(seq, 10, 64)
	if err != nil || from <= 0 {
		return 0, nil
	}
	return from, trailOf(way)
}

// placeOfVersion is such a place as versionPlace reads it.
func placeOfVersion(seq string, way trail) string {
	return strings.TrimSuffix(seq+"."+slices.Clone(way).within(pageAddress/2), ".")
}

// keepChosen has the version at hand that was chosen on another page, to be compared with one of this.
func (c *Console) keepChosen(f *fiber.Ctx, p *storage.HistoryProps) error {
	p.To = formNumber(f, "to")
	if p.To == 0 || slices.ContainsFunc(p.Versions, func(v storage.Change) bool { return v.Seq == p.To }) {
		return nil
	}
	chosen, err := c.versionAt(f, p.Place, p.To)
	if fault.Is(err, fault.NotFound) {
		p.To = 0
		return nil
	}
	if err != nil {
		return err
	}
	kept, err := c.versionsOf(f, []models.Change{chosen})
	p.Kept = kept
	return err
}

// formNumber reads a number of the query or the form; 0 when there is none.
func formNumber(f *fiber.Ctx, name string) int64 {
	n, err := strconv.ParseInt(f.FormValue(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (c *Console) itemDiff(f *fiber.Ctx) error {
	seen, _, err := c.look(f, itemPlaceOf(f))
	if err != nil {
		return err
	}
	from, err := c.versionAt(f, seen.Place, formNumber(f, "from"))
	if err != nil {
		return err
	}
	to, err := c.versionAt(f, seen.Place, formNumber(f, "to"))
	if err != nil {
		return err
	}
	both, err := c.versionsOf(f, []models.Change{from, to})
	if err != nil {
		return err
	}
	p := storage.DiffPageProps{Item: seen, From: both[0], To: both[1], Lines: f.Query("view") == "text"}
	p.Swap = seen.Place.Href("/diff", ui.Hidden{Name: "from", Value: fmt.Sprint(to.Seq)}, ui.Hidden{Name: "to", Value: fmt.Sprint(from.Seq)}, ui.Hidden{Name: "view", Value: f.Query("view")})
	if p.Lines {
		p.Text = ui.CompareLines(wholeText(contentOf(&from)), wholeText(contentOf(&to)))
	} else {
		p.Differences = differences(contentOf(&from), contentOf(&to))
	}
	return c.page(f, itemStands(seen.Place, "Difference"), storage.DiffPage(p))
}

func (c *Console) versionAt(f *fiber.Ctx, p storage.ItemPlace, seq int64) (models.Change, error) {
	return c.opt.Engine.VersionAt(f.UserContext(), caller(f, p.Owner), engine.HistoryQuery{Collection: p.Collection, Key: p.Key, From: seq})
}

// content is all that a write of an item says, each part as JSON; nil: nothing.
type content struct{ value, metadata, tags, expires, priority []byte }

func contentOf(ch *models.Change) content {
	if ch.Op == models.ChangeRemove {
		return content{}
	}
	return contentFrom(ch.Value, ch.Metadata, ch.Tags, ch.ExpiresAt, ch.Priority)
}

func contentFrom(value, metadata []byte, tags []string, expires, priority int64) content {
	out := content{value: value, metadata: metadata}
	if len(tags) > 0 {
		out.tags = encoded(tags)
	}
	if expires != 0 {
		out.expires = encoded(instant(expires))
	}
	if priority != 0 {
		out.priority = encoded(priority)
	}
	return out
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return b
}

// differences holds what several writes say against each other.
func differences(all ...content) ui.Differences {
	part := func(name string, of func(content) []byte) ui.Part {
		p := ui.Part{Name: name}
		for _, c := range all {
			p.Sides = append(p.Sides, of(c))
		}
		return p
	}
	return ui.Compare(
		part("$", func(c content) []byte { return c.value }),
		part("metadata", func(c content) []byte { return c.metadata }),
		part("tags", func(c content) []byte { return c.tags }),
		part("expires", func(c content) []byte { return c.expires }),
		part("priority", func(c content) []byte { return c.priority }),
	)
}

// wholeText is what a write says in lines.
func wholeText(c content) string {
	text := ui.PrettyJSON(c.value)
	for _, part := range []struct {
		name string
		text []byte
	}{{"metadata", c.metadata}, {"tags", c.tags}, {"expires", c.expires}, {"priority", c.priority}} {
		if part.text != nil {
			text += "\n" + part.name + ": " + ui.PrettyJSON(part.text)
		}
	}
	return text
}
