package ui

import "strings"

// agentName is a part of what programs call themselves, and what people call it.
type agentName struct{ part, name string }

// The first that fits counts: most browsers also claim to be others.
var (
	agentPrograms = []agentName{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"OPR/", "Opera"},
		{"Vivaldi/", "Vivaldi"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"HeadlessChrome/", "Chrome, headless"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"okhttp/", "OkHttp"},
		{"Dart/", "Dart"},
		{"node", "Node.js"},
		{"curl/", "curl"},
		{"Go-http-client", "Go"},
		{"python", "Python"},
	}
	agentSystems = []agentName{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"Macintosh", "macOS"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
)

// Agent says in a few words what a program calls itself in its User-Agent: "Firefox on
// Linux". One that is not known stands as it came; the whole text belongs in a title.
func Agent(text string) string {
	program, system := knownAs(text, agentPrograms), knownAs(text, agentSystems)
	switch {
	case text == "":
		return "Unknown program"
	case program == "" && system == "":
		return text
	case program == "":
		return "Something on " + system
	case system == "":
		return program
	}
	return program + " on " + system
}

func knownAs(text string, names []agentName) string {
	for _, n := range names {
		if strings.Contains(text, n.part) {
			return n.name
		}
	}
	return ""
}
