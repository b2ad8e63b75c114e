package overview

import "tidemark/views/ui"

// Notice is something that a person should look at.
type Notice struct {
	Glyph ui.Glyph
	Bad   bool // it stops something; else it may soon
	Count string
	Text  string // one sentence after the count
	Link  string // what the way on is called
	Href  string
}

func (n Notice) tone() ui.Tone {
	if n.Bad {
		return ui.Bad
	}
	return ui.Warn
}
