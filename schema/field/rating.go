package field

import "fmt"

// RatingOptions bound a rating.
type RatingOptions struct {
	Max int64 `json:"max" jsonschema:"title=Stars,minimum=1,maximum=10"`
}

// ratingType is a number of stars; none is 0.
func ratingType() *Type {
	return define(Type{
		Name: "rating", Label: "Rating", Group: GroupNumber, About: "Some of a number of stars.",
		Storage: "smallint", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetRating, Cell: CellStars,
	}, RatingOptions{Max: 5}, func(o RatingOptions) (Field, error) {
		f := wholeField()
		least := int64(0)
		f.schema = Schema{"type": "integer", "minimum": 0, "maximum": o.Max}
		f.rule = func(n int64) (int64, error) { return n, within(n, &least, &o.Max) }
		f.show = func(n int64, _ *Locale) string { return fmt.Sprintf("%d/%d", n, o.Max) }
		return f, nil
	})
}

// CounterOptions bound a counter.
type CounterOptions struct {
	Min *int64 `json:"min,omitempty" jsonschema:"title=Least"`
	Max *int64 `json:"max,omitempty" jsonschema:"title=Most"`
}

// counterType is a whole number that is added to: two who add at the same time both count.
func counterType() *Type {
	return define(Type{
		Name: "counter", Label: "Counter", Group: GroupNumber, About: "A number that is added to: of two who add at once, both count.",
		Storage: "bigint", Merge: MergeCounter, Index: ByValue, Filters: opsOrdered, Widget: WidgetNumber, Cell: CellNumber,
	}, CounterOptions{}, func(o CounterOptions) (Field, error) {
		if o.Min != nil && o.Max != nil && *o.Min > *o.Max {
			return nil, bad("minimum", "must not be above max").in("/min")
		}
		f := wholeField()
		f.rule = func(n int64) (int64, error) { return n, within(n, o.Min, o.Max) }
		return f, nil
	})
}
