package field

import "slices"

// StatusOptions are the states of a workflow, and the ways between them.
type StatusOptions struct {
	States      []State      `json:"states" jsonschema:"title=States,maxItems=100"`
	Initial     string       `json:"initial,omitempty" jsonschema:"title=First state,description=The only one that a record may begin with; empty: any,maxLength=64"`
	Transitions []Transition `json:"transitions" jsonschema:"title=Ways,description=None: from every state to every other,maxItems=1000"`
}

// State is a state of a workflow.
type State struct {
	Option
	Final bool `json:"final,omitempty" jsonschema:"title=Final,description=Nothing is left to do"`
}

// Transition is a way from one state to another.
type Transition struct {
	From string `json:"from" jsonschema:"maxLength=64"`
	To   string `json:"to" jsonschema:"maxLength=64"`
}

// statusType is where something stands in a workflow; when two changed it apart a person decides.
func statusType() *Type {
	return define(Type{
		Name: "status", Label: "Status (workflow)", Group: GroupChoice, About: "Where something stands, and where it may go from there.",
		Storage: "varchar", Merge: MergeReview, Index: ByValue, Filters: opsOrdered, Widget: WidgetSelect, Cell: CellBadge,
	}, StatusOptions{States: []State{}, Transitions: []Transition{}}, func(o StatusOptions) (Field, error) {
		options := make([]Option, len(o.States))
		for i, s := range o.States {
			options[i] = s.Option
		}
		if err := distinct(options); err != nil {
			return nil, bad("unique", "%s", err.Error()).in("/states")
		}
		if o.Initial != "" && placeOf(options, o.Initial) < 0 {
			return nil, bad("option", "must be one of the states").in("/initial")
		}
		for _, t := range o.Transitions {
			if placeOf(options, t.From) < 0 || placeOf(options, t.To) < 0 {
				return nil, bad("option", "must lead from one of the states to another").in("/transitions")
			}
		}
		return status{choiceOf(options), o}, nil
	})
}

// status is a field of a workflow.
type status struct {
	*scalar[string]
	o StatusOptions
}

// Move says whether a state may follow another.
func (s status) Move(from, to []byte) error {
	if to == nil {
		return nil
	}
	next, err := readString(to)
	if err != nil {
		return err
	}
	if from == nil {
		if s.o.Initial != "" && next != s.o.Initial {
			return bad("transition", "must begin with %s", s.o.Initial)
		}
		return nil
	}
	was, err := readString(from)
	if err != nil || was == next || len(s.o.Transitions) == 0 {
		return err
	}
	if !slices.Contains(s.o.Transitions, Transition{was, next}) {
		return bad("transition", "must not go from %s to %s", was, next)
	}
	return nil
}
