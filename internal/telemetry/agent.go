package telemetry

import "strings"

const maxAgent = 512 // bytes kept of what a client calls itself

// Agent is what a client calls itself, as far as it is text: at most 512 bytes of it.
func Agent(header []byte) string {
	plain := func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}
	return strings.Map(plain, strings.ToValidUTF8(string(header[:min(len(header), maxAgent)]), ""))
}
