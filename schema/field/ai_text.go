package field

// AITextOptions say what a text is generated from.
type AITextOptions struct {
	Prompt   string `json:"prompt" jsonschema:"title=Prompt,description=What to write; {{name}} stands for the field of that name,maxLength=4000"`
	MaxBytes int    `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

// aiTextType is a text that an assistant writes by a prompt, and that people may change.
func aiTextType() *Type {
	return define(Type{
		Name: "aiText", Label: "AI text", Group: GroupText, About: "A text that an assistant writes by a prompt, and that people may change.",
		Storage: "text", Merge: MergeRegister, Index: NoIndex, Filters: opsLong, Widget: WidgetArea, Cell: CellText,
	}, AITextOptions{MaxBytes: longBytes}, func(o AITextOptions) (Field, error) { return linesField(o.MaxBytes), nil })
}
