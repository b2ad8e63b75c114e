package field

// MultiSelectOptions are the choices of a field, and how many of them may be taken.
type MultiSelectOptions struct {
	Options []Option `json:"options" jsonschema:"title=Choices,maxItems=500"`
	Max     int      `json:"max" jsonschema:"title=Most,minimum=1,maximum=500"`
}

// multiSelectType is some of some choices, in the order of these.
func multiSelectType() *Type {
	return define(Type{
		Name: "multiSelect", Label: "Multi select", Group: GroupChoice, About: "Some of a list of choices.",
		Storage: "json", Merge: MergeSet, Index: ByMember, Filters: opsMembers, Widget: WidgetChoices, Cell: CellBadges,
	}, MultiSelectOptions{Options: []Option{}, Max: 500}, func(o MultiSelectOptions) (Field, error) {
		if err := distinct(o.Options); err != nil {
			return nil, err
		}
		w := wordsOf(o.Max, func(s string) (string, error) { return s, chosen(o.Options, s) })
		w.label = func(s string) string { return labelOf(o.Options, s) }
		w.means = func(s string) string { return choice(o.Options, s) }
		w.order = func(a, b string) int { return placeOf(o.Options, a) - placeOf(o.Options, b) }
		return w, nil
	})
}
