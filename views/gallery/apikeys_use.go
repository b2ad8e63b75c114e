package gallery

import (
	"tidemark/views/apikeys"
	"tidemark/views/ui"
)

const sampleKeyPage = "/console/gallery/api-keys-key"

func sampleLogged() []apikeys.Logged {
	return []apikeys.Logged{
		{Href: "/console/gallery/api-keys-try", Address: "203.0.113.7", Country: "DE", Agent: "FieldApp/2.4.1 (Android 14)", Door: "socket.io", Permission: "items:write", Count: 12_804, Last: now - 3000},
		{Href: "/console/gallery/api-keys-try", Address: "2001:db8:4:91::7", Origin: "https://app.example.com", Agent: long, Door: "rest", Permission: "items:read", Count: 1, Last: now - 86_400_000},
		{Href: "/console/gallery/api-keys-try", Address: "198.51.100.20", Country: "AT", Origin: hostile, Agent: hostile, Door: "rest", Permission: "authenticated", Code: "country_not_allowed", Count: 77, Last: now - 7_200_000},
	}
}

func sampleTry() apikeys.TryProps {
	return apikeys.TryProps{CSRF: "token", Base: sampleKeyPage, Name: "Tablets, north", Now: now, Curl: sampleCurl, Address: "203.0.113.7", Logged: sampleLogged(), Verdicts: []apikeys.Verdict{passed()}}
}

func passed() apikeys.Verdict {
	return apikeys.Verdict{ID: "saved", Title: "As the key is saved", Permission: "items:read", Findings: []apikeys.Finding{
		{Check: "Route", Held: "GET /api/v1/sync-storage/items", Against: []string{"GET /api/v1/sync-storage/items"}},
		{Check: "Secret", Held: "the one it has", Against: []string{"…Kxbq"}},
		{Check: "State of the key", Held: "active", Against: []string{"active"}},
		{Check: "Expiry", Held: "19 Nov 2025, 12:00:00 UTC"},
		{Check: "Address", Held: "203.0.113.7", Against: []string{"203.0.113.0/24", "2001:db8::/32"}},
		{Check: "Country", Held: "DE"},
		{Check: "Domain of the page"},
		{Check: "Program", Held: "FieldApp/2.4.1 (Android 14)", Against: []string{"^FieldApp/"}},
		{Check: "Quota", Held: "9 requests left", Against: []string{"600 requests a minute"}},
		{Check: "Scope", Held: "items:read", Against: []string{"read", "write"}},
	}}
}

// editedTry is passed as it is saved, and refused with what was edited.
func editedTry() apikeys.TryProps {
	p, no := sampleTry(), passed()
	no.ID, no.Title, no.Code, no.Status, no.Why = "edited", "With what you edited and did not save", "user_agent_not_allowed", 403, "This API key may not be used by this program (its User-Agent)."
	no.Findings[7] = apikeys.Finding{Check: "Program", Held: hostile + long, Against: []string{hostile, long}, Code: no.Code, Why: no.Why}
	p.Name, p.Verdicts, p.Edited = hostile+long, append(p.Verdicts, no), []ui.Hidden{{Name: "version", Value: "3"}, {Name: "agents", Value: hostile}}
	return p
}

func wrongTry() apikeys.TryProps {
	return apikeys.TryProps{CSRF: "token", Base: sampleKeyPage, Name: "Nightly import", Now: now, Address: hostile, Errors: map[string]string{
		"curl": "This cannot be read: a quote is not closed. It was cleared, since it may hold a secret: paste it again.", "address": "The address must be an IP address, such as 203.0.113.7.",
	}}
}

func sampleTighten() apikeys.TightenProps {
	return apikeys.TightenProps{
		CSRF: "token", Base: sampleKeyPage, Name: "Tablets, north", Version: "3", Now: now,
		Proposals: []apikeys.Proposal{
			{Kind: "ips", Text: "203.0.113.0/27\n2001:db8:4:91::/64", Taken: true},
			{Kind: "countries", Text: "AT\nDE", Taken: true, Unplaced: true},
			{Kind: "domains", Why: "Some requests came from programs, and not from pages."},
			{Kind: "agents", Text: "^FieldApp/[0-9.]+ \\(Android [0-9.]+\\)$", Taken: true},
			{Kind: "rights", Text: "items:read\nitems:write", Taken: true, Read: true, Write: true},
		},
		Run: apikeys.DryRun{Good: 12_805, Bad: 77, Still: 77},
	}
}

func lostTighten() apikeys.TightenProps {
	p := sampleTighten()
	p.Name, p.Unsaved = hostile+long, true
	p.Proposals[0].Text = "203.0.113.0/29"
	p.Run.Lost, p.Run.Unknown, p.Run.Rows, p.Run.More = 12_804, 3, sampleLogged(), 12
	return p
}

func noTighten() apikeys.TightenProps {
	p := sampleTighten()
	for i := range p.Proposals {
		p.Proposals[i] = apikeys.Proposal{Kind: p.Proposals[i].Kind, Why: "It was not used in the last 30 days."}
	}
	return p
}
