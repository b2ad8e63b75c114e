package gallery

import (
	"time"

	"tidemark/views/assistant"
)

func assistantPages() []PageState {
	page := func(name string, change func(*assistant.Props)) PageState {
		p := sampleAssistant()
		if change != nil {
			change(&p)
		}
		return shelled(name, "Assistant", "conflicts", assistant.Page(p))
	}
	return []PageState{
		page("assistant", nil),
		page("assistant-off", func(p *assistant.Props) {
			*p = assistant.Props{CSRF: "token", Self: p.Self, Try: p.Try, Back: p.Back, May: true, Most: 500, State: assistant.State{Daily: 500, Now: now, Trouble: "The assistant has no endpoint or no model."}}
		}),
		page("assistant-wrong", func(p *assistant.Props) {
			p.Values.BaseURL, p.Values.Model, p.Values.Paths = "http://10.0.0.1/"+hostile, long, hostile
			p.Error, p.Fields = "Not everything is right yet", map[string]string{
				"baseUrl": "The address must begin with https://.", "key": "The key must be given again, or taken away, for another address.",
				"threshold": "The threshold must be a percentage from 0 to 100.", "redacted": "The withheld paths must be JSON pointers.",
			}
		}),
		page("assistant-stale", func(p *assistant.Props) { p.TooLate = true }),
		page("assistant-resting", func(p *assistant.Props) {
			p.State.Failures, p.State.Rests, p.State.Waiting, p.State.ManyWait, p.State.Requests = 5, now+20_000, 1000, true, 500
			p.Trial = &assistant.Trial{Base: "{}", Current: "{}", Incoming: "{}", Model: "small", Failure: "The assistant did not answer in time.", Took: 20 * time.Second}
		}),
		page("assistant-tried", func(p *assistant.Props) {
			p.Trial = sampleTrial()
			p.Trial.Reason, p.Trial.Model = hostile+long, hostile
		}),
		page("assistant-trash", func(p *assistant.Props) {
			p.Values, p.OwnKey, p.Trashed, p.State.Enabled = assistant.Values{}, false, now-60_000, false
		}),
		page("assistant-read-only", func(p *assistant.Props) { p.May = false }),
	}
}

func sampleAssistant() assistant.Props {
	return assistant.Props{
		CSRF: "token", Self: "/console/gallery/assistant", Try: "/console/gallery/assistant-tried", Back: "/console/gallery/overview", May: true, Version: 3,
		Values: assistant.Values{Enabled: true, BaseURL: "https://api.example.com/v1", Model: "large-2026", Threshold: "90", Paths: "/customer/iban\n/lines/*/price"}, OwnKey: true,
		Installs: true, Model: "small-2026", Most: 500,
		State: assistant.State{Enabled: true, Requests: 41, Daily: 500, Applied: 22, Suggested: 14, Failed: 5, Waiting: 2, Now: now},
	}
}

func sampleTrial() *assistant.Trial {
	return &assistant.Trial{
		Base: `{"status":"open"}`, Current: `{"status":"assigned"}`, Incoming: `{"status":"completed"}`, Choice: "merged", Value: `{"status":"completed"}`,
		Confidence: 93, Reason: "A completed order was assigned before.", Model: "small-2026", Took: 840 * time.Millisecond,
	}
}
