package console

import (
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/models"
	"tidemark/views/conflicts"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

// sides say who wrote what on which version, and how one came after the other.
// history are the versions around the conflict, newest first.
func (c *Console) sides(f *fiber.Ctx, p *conflicts.DetailProps, x *engine.Examination, history []storage.Change) error {
	in, err := c.incomingSide(f, x)
	if err != nil {
		return err
	}
	p.Base = conflicts.Side{Label: "Base", Version: versionName(x.BaseVersion), Tone: ui.SideBase, Glyph: ui.GlyphHistory}
	switch at := indexOfVersion(history, x.BaseSeq); {
	case x.BaseVersion == 0:
		p.Base.Note = "there was no item"
	case at >= 0:
		written(&p.Base, history[at])
		p.Base.Note = "both had it"
	default:
		p.Base.Note = "it is not known who wrote it"
	}
	p.Current = conflicts.Side{Label: "Current", Version: versionName(x.Now), Tone: ui.SideCurrent, Glyph: ui.GlyphServer}
	seq := x.CurrentSeq
	if p.Open && len(history) > 0 {
		seq = history[0].Seq
	}
	if !p.Open {
		p.Current.Version = versionName(x.CurrentVersion)
	}
	if at := indexOfVersion(history, seq); at >= 0 {
		written(&p.Current, history[at])
	}
	if x.Current.Value == nil {
		p.Current.Note = "it is removed"
	} else if p.Open && x.Moved {
		p.Current.Note = "written after the conflict arose"
	}
	p.Incoming = in
	p.Chain = chainOf(p, x, history)
	return nil
}

func versionName(v int64) string {
	if v <= 0 {
		return ""
	}
	return "v" + ui.Comma(v)
}

func indexOfVersion(history []storage.Change, seq int64) int {
	return slices.IndexFunc(history, func(v storage.Change) bool { return v.Seq == seq && seq != 0 })
}

func written(s *conflicts.Side, v storage.Change) {
	s.Who, s.Device, s.Link, s.Door, s.At = v.Who, v.Device, v.DeviceHref, v.Door, v.At
}

// incomingSide is the write that waits.
func (c *Console) incomingSide(f *fiber.Ctx, x *engine.Examination) (conflicts.Side, error) {
	s := conflicts.Side{Label: "Incoming", Tone: ui.SideIncoming, Glyph: ui.GlyphSmartphone, Device: x.IncomingInstance, At: x.IncomingTimestamp}
	if x.BaseVersion >= 0 {
		s.Version = fmt.Sprintf("on v%s", ui.Comma(x.BaseVersion))
	}
	who, err := c.personOf(f.UserContext(), x.TenantID, x.Actor)
	if err != nil {
		return s, err
	}
	s.Who = who.name
	if x.IncomingInstance != "" {
		known, err := c.opt.Store.KnownDevices(f.UserContext(), x.TenantID, x.Owner, []string{x.IncomingInstance})
		if err != nil {
			return s, err
		}
		if known[x.IncomingInstance] {
			s.Link = deviceHref(visitOf(f).tenant.Slug, x.Owner, x.IncomingInstance)
		}
	}
	if away := x.CreatedAt - x.IncomingTimestamp; x.IncomingTimestamp > 0 && away > worthTelling {
		s.Offline = "arrived " + lasting(away) + " after it was written"
	}
	if x.Incoming.Value == nil {
		s.Note = "removes it"
	}
	return s, nil
}

// chainOf is how a conflict came about, the oldest first.
func chainOf(p *conflicts.DetailProps, x *engine.Examination, history []storage.Change) (out []conflicts.Link) {
	in := conflicts.Link{
		Change: storage.Change{Who: p.Incoming.Who, Device: p.Incoming.Device, DeviceHref: p.Incoming.Link, Address: x.Address, At: x.CreatedAt},
		Says:   "A write made on version " + ui.Comma(x.BaseVersion) + " arrived", Tone: ui.Warn, Glyph: ui.GlyphGitMerge, Note: p.Incoming.Offline,
	}
	switch {
	case x.BaseVersion == 0:
		in.Says = "A write of a new item arrived, and there was one"
	case x.BaseVersion < 0:
		in.Says = "A write that names no version arrived"
	}
	if x.IncomingOp == models.ChangeRemove {
		in.Says += ": it removes the item"
	}
	came := false
	for _, v := range slices.Backward(history) {
		if !came && v.Seq > x.CurrentSeq {
			out, came = append(out, in), true
		}
		out = append(out, linkOf(x, v))
	}
	if !came {
		out = append(out, in)
	}
	if !p.Open {
		out = append(out, conflicts.Link{Change: storage.Change{Who: p.By, At: x.ResolvedAt}, Says: "Settled: " + p.Outcome, Tone: ui.OK, Glyph: ui.GlyphCheck, Note: p.Strategy})
	}
	return out
}

func linkOf(x *engine.Examination, v storage.Change) conflicts.Link {
	l := conflicts.Link{Change: v, Says: "Version " + ui.Comma(v.Version) + " was written", Tone: ui.Info, Glyph: ui.GlyphPenLine}
	if v.Removed {
		l.Says, l.Glyph = "Version "+ui.Comma(v.Version)+": it was removed", ui.GlyphTrash2
	}
	switch {
	case v.Seq == x.BaseSeq:
		l.Says, l.Tone, l.Glyph = "Version "+ui.Comma(v.Version)+", from which both began", ui.Neutral, ui.GlyphHistory
		if age := x.CreatedAt - v.At; age > worthTelling {
			l.Note = lasting(age) + " before the conflict"
		}
	case v.Seq == x.ResultSeq && x.ResultSeq != 0:
		l.Says, l.Tone = "Version "+ui.Comma(v.Version)+" came of it", ui.OK
	}
	return l
}
