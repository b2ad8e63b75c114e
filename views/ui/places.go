package ui

// conflictPlaces are the pages about conflicts; current is the label of one.
func conflictPlaces(base, current string) []Choice {
	out := []Choice{
		{Label: "Queue", Href: base}, {Label: "Policies", Href: base + "/rules"}, {Label: "Statistics", Href: base + "/stats"}, {Label: "Assistant", Href: base + "/assistant"},
	}
	for i := range out {
		out[i].Current = out[i].Label == current
	}
	return out
}
