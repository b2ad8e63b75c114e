package devices

import (
	"fmt"

	"tidemark/views/ui"
)

// ItemProps are what the page of one device shows.
type ItemProps struct {
	Row
	CSRF      string
	Paused    bool   // the page stays as it is
	List      string // address of the list
	UserHref  string // of the devices of its user
	Act       string // address below which its acts are
	Name      string // the device as a query names it
	FirstSeen int64
	Waiting   []Change // the first that wait, oldest first
	Recent    []ui.ActivityRowProps
	Searched  int // newest changes of its user that were looked through for those
}

// at is the address of an act on the device.
func (p ItemProps) at(act string) string { return p.Act + act + "?" + p.Name }

func (p ItemProps) live() string {
	if p.Paused {
		return "paused"
	}
	return "off"
}

func (p ItemProps) toggle() string {
	if p.Paused {
		return p.at("")
	}
	return p.at("") + "&paused=1"
}

// connected names the time at which the device's last connection began.
func (p ItemProps) connected() string {
	if p.State == Away {
		return "Last connected"
	}
	return "Connected"
}

// Change is a change that waits for a device.
type Change struct {
	Seq     int64
	Removed bool
	Key     string
	Href    string // of the item
	Version int64
	At      int64
}

func (c Change) badge() ui.BadgeProps {
	if c.Removed {
		return ui.BadgeProps{Tone: ui.Bad, Label: "removed", Glyph: ui.GlyphTrash2}
	}
	return ui.BadgeProps{Tone: ui.Info, Label: "set", Glyph: ui.GlyphPenLine}
}

func (p ItemProps) fields() []ui.Hidden {
	return []ui.Hidden{{Name: "user", Value: p.User}, {Name: "id", Value: p.ID}}
}

// pendingSub says how much waits, and what is shown of it.
func (p ItemProps) pendingSub() string {
	switch shown := int64(len(p.Waiting)); {
	case p.Lag.Lost():
		return "its place in the log is no longer kept"
	case p.Lag.Waiting == 0:
		return "nothing"
	case p.Lag.More || p.Lag.Waiting > shown:
		return fmt.Sprintf("%s %s, the oldest %s shown", p.Lag.count(), ui.Plural(p.Lag.Waiting, "change", "changes"), ui.Comma(shown))
	default:
		return p.Lag.count() + " " + ui.Plural(p.Lag.Waiting, "change", "changes") + ", oldest first"
	}
}

// ForgetProps ask whether a device shall be forgotten.
type ForgetProps struct {
	Row
	CSRF   string
	Action string
	Cancel string
	Typed  string
	Error  string
}

const maxTyped = 32 // bytes of a name that one can be asked to type

// Word is what has to be typed: the device's name, if that can be typed.
func (p ForgetProps) Word() string {
	for _, r := range p.ID {
		if r <= ' ' || r > '~' {
			return "forget"
		}
	}
	if len(p.ID) > maxTyped {
		return "forget"
	}
	return p.ID
}

func (p ForgetProps) confirm() ui.ConfirmProps {
	return ui.ConfirmProps{
		CSRF: p.CSRF, Action: p.Action, Cancel: p.Cancel, Button: "Forget this device", Word: p.Word(), Typed: p.Typed, Error: p.Error,
		Title:   "Forget “\u2068" + p.ID + "\u2069” of \u2068" + p.User + "\u2069?",
		Text:    "Tidemark loses the device's place in the log. Items stay as they are, and the device may connect again with its key: it then begins as a new one.",
		Effects: p.effects(), Fields: []ui.Hidden{{Name: "user", Value: p.User}, {Name: "id", Value: p.ID}},
	}
}

func (p ForgetProps) effects() []string {
	out := []string{"Its cursor at change " + ui.Comma(p.Lag.Mark) + " of " + ui.Comma(p.Lag.Head) + " is lost; when it returns it takes a snapshot."}
	switch {
	case p.Lag.Lost():
		out = append(out, "What waited for it is no longer kept anyway.")
	case p.Lag.Waiting > 0:
		out = append(out, p.Lag.count()+" "+ui.Plural(p.Lag.Waiting, "change that waits", "changes that wait")+" for it will not be sent one by one.")
	default:
		out = append(out, "Nothing waits for it.")
	}
	if p.State != Away {
		out = append(out, "It is connected: 1 live connection ends.")
	}
	return out
}
