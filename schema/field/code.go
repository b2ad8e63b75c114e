package field

// CodeOptions bound a text in a programming language.
type CodeOptions struct {
	Language string `json:"language" jsonschema:"title=Language,enum=text,enum=bash,enum=c,enum=cpp,enum=csharp,enum=css,enum=dart,enum=go,enum=graphql,enum=html,enum=ini,enum=java,enum=javascript,enum=json,enum=kotlin,enum=lua,enum=php,enum=python,enum=r,enum=ruby,enum=rust,enum=scala,enum=sql,enum=swift,enum=toml,enum=typescript,enum=xml,enum=yaml"`
	MaxBytes int    `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

// codeType is text in a programming language, kept as it is.
func codeType() *Type {
	return define(Type{
		Name: "code", Label: "Code", Group: GroupText, About: "Text in a programming language, shown in type of one width.",
		Storage: "text", Merge: MergeText, Index: NoIndex, Filters: opsLong, Widget: WidgetCode, Cell: CellMono,
	}, CodeOptions{Language: "text", MaxBytes: longBytes}, func(o CodeOptions) (Field, error) { return linesField(o.MaxBytes), nil })
}
