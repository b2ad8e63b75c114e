package field

import (
	"fmt"
	"strings"
)

// AutonumberOptions say how numbers are written, and where they begin.
type AutonumberOptions struct {
	Prefix string `json:"prefix,omitempty" jsonschema:"title=Before it,maxLength=20"`
	Digits int    `json:"digits" jsonschema:"title=Digits,description=Zeros are put in front up to so many,minimum=1,maximum=18"`
	Start  int64  `json:"start" jsonschema:"title=First number,minimum=0"`
}

// autonumberType is a number that the server gives each record once, one higher than the last.
func autonumberType() *Type {
	return define(Type{
		Name: "autonumber", Label: "Autonumber", Group: GroupNumber, About: "A number that each record is given once, one higher than the last.",
		Source: Server, Storage: "bigint", Merge: MergeServer, Index: ByValue, Filters: opsOrdered, Widget: WidgetNone, Cell: CellNumber,
	}, AutonumberOptions{Digits: 1, Start: 1}, func(o AutonumberOptions) (Field, error) {
		f := wholeField()
		f.parse = func(text string, in *Locale) (int64, error) {
			literal, err := in.ParseNumber(strings.TrimPrefix(text, o.Prefix))
			if err != nil {
				return 0, err
			}
			return readWhole([]byte(literal))
		}
		f.show = func(n int64, _ *Locale) string { return fmt.Sprintf("%s%0*d", o.Prefix, o.Digits, n) }
		return &autonumber{f, o}, nil
	})
}

// autonumber is a field that counts.
type autonumber struct {
	*scalar[int64]
	o AutonumberOptions
}

// Start is the first number.
func (a *autonumber) Start() int64 { return a.o.Start }

// Set keeps the number that a record has, and takes the next for one that has none.
func (a *autonumber) Set(was []byte, w Write) []byte {
	if was != nil || w.Next == nil {
		return was
	}
	return writeWhole(w.Next(a.o.Start))
}
