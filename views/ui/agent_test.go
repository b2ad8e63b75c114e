package ui

import "testing"

func TestAProgramIsCalledWhatPeopleCallIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                           "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0":            "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36":                         "Chrome on Android",
		"curl/8.5.0":                 "curl",
		"Field Ops (Windows NT 6.1)": "Something on Windows",
		"<b>mine</b>":                "<b>mine</b>",
		"":                           "Unknown program",
	} {
		if got := Agent(text); got != want {
			t.Errorf("%q is called %q, want %q", text, got, want)
		}
	}
}
