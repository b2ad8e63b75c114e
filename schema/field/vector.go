package field

import (
	"fmt"
	"math"
	"strconv"
)

// VectorOptions say how many numbers a vector has.
type VectorOptions struct {
	Dimension int `json:"dimension" jsonschema:"title=Numbers,minimum=1,maximum=4096"`
}

// vectorType is a list of so many finite numbers of 32 bits, such as an embedding.
func vectorType() *Type {
	return define(Type{
		Name: "vector", Label: "Vector", Group: GroupStructure, About: "So many numbers, such as the embedding of a text.",
		Storage: "blob", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetJSON, Cell: CellSummary,
	}, VectorOptions{Dimension: 3}, func(o VectorOptions) (Field, error) {
		return &rawField{
			schema: Schema{"type": "array", "items": Schema{"type": "number"}, "minItems": o.Dimension, "maxItems": o.Dimension},
			check: func(value []byte) ([]byte, error) {
				list, err := readList(value)
				switch {
				case err != nil:
					return nil, err
				case len(list) == 0:
					return nil, nil
				case len(list) != o.Dimension:
					return nil, bad("count", "must have %d numbers, and has %d", o.Dimension, len(list))
				}
				return numbersOf(list)
			},
			show: func([]byte, *Locale) string { return fmt.Sprintf("vector of %d", o.Dimension) },
		}, nil
	})
}

func numbersOf(list [][]byte) ([]byte, error) {
	out := []byte{'['}
	for i, e := range list {
		f, err := readFloat(e)
		if err != nil || math.Abs(f) > math.MaxFloat32 {
			return nil, bad("number", "must be a number of at most 3.4e38").in(place(i))
		}
		if i > 0 {
			out = append(out, ',')
		}
		if f = float64(float32(f)); f == 0 {
			f = 0 // not -0
		}
		if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
			out = strconv.AppendFloat(out, f, 'e', -1, 32)
		} else {
			out = strconv.AppendFloat(out, f+0, 'f', -1, 32)
		}
	}
	return append(out, ']'), nil
}
