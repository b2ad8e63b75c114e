package field

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// RichTextOptions bound formatted text.
type RichTextOptions struct {
	MaxBytes int  `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
	Images   bool `json:"images" jsonschema:"title=Pictures,description=Pictures from other addresses (https) may be in it"`
}

// richTextType is HTML of which only what formats text is kept: no scripts, no styles, no forms.
func richTextType() *Type {
	return define(Type{
		Name: "richText", Label: "Rich text", Group: GroupText, About: "Formatted text, kept as HTML without anything that acts.",
		Storage: "text", Merge: MergeText, Index: NoIndex, Filters: opsLong, Widget: WidgetArea, Cell: CellText, Library: "bluemonday",
	}, RichTextOptions{MaxBytes: longBytes}, func(o RichTextOptions) (Field, error) {
		policy := formatting(o.Images)
		f := linesField(o.MaxBytes)
		f.rule = func(s string) (string, error) { return lines(settled(s, policy.Sanitize), o.MaxBytes) }
		f.show = func(s string, _ *Locale) string { return shownText(textOf(s), s) }
		return f, nil
	})
}

// settled applies what cleans a text until it leaves it as it is; a text that never settles is none.
func settled(s string, clean func(string) string) string {
	for range 8 {
		again := clean(s)
		if again == s {
			return s
		}
		s = again
	}
	return ""
}

// formatting allows what formats text.
func formatting(images bool) *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "code", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd")
	p.AllowTables()
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AllowRelativeURLs(false)
	if images {
		p.AllowAttrs("src").Matching(regexp.MustCompile(`^https://`)).OnElements("img")
		p.AllowAttrs("alt", "width", "height").OnElements("img")
	}
	return p
}

var noTags = sync.OnceValue(bluemonday.StrictPolicy)

// textOf is the text of HTML.
func textOf(s string) string {
	s = strings.NewReplacer("</p>", "</p> ", "<br>", " ", "<br/>", " ", "</li>", "</li> ", "</td>", "</td> ").Replace(s)
	return html.UnescapeString(noTags().Sanitize(s))
}

// shownText is the text of a source on one line; the source where it has none.
func shownText(text, source string) string {
	if text = oneLine(text, shownSigns); text != "" {
		return text
	}
	return oneLine(source, shownSigns)
}

// MarkdownOptions bound a text in Markdown.
type MarkdownOptions struct {
	MaxBytes int `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

// markdownType is text in Markdown (CommonMark 0.31 with GitHub's tables, strikethrough and task lists); RenderMarkdown shows it.
func markdownType() *Type {
	return define(Type{
		Name: "markdown", Label: "Markdown", Group: GroupText, About: "Text in Markdown, shown formatted.",
		Storage: "text", Merge: MergeText, Index: NoIndex, Filters: opsLong, Widget: WidgetArea, Cell: CellText, Library: "goldmark, bluemonday",
	}, MarkdownOptions{MaxBytes: longBytes}, func(o MarkdownOptions) (Field, error) {
		f := linesField(o.MaxBytes)
		f.show = func(s string, _ *Locale) string { return shownText(textOf(RenderMarkdown(s)), s) }
		return f, nil
	})
}

var rendering = sync.OnceValue(func() func(string) string {
	m, policy := goldmark.New(goldmark.WithExtensions(extension.GFM)), formatting(false)
	return func(text string) string {
		var b bytes.Buffer
		if err := m.Convert([]byte(text), &b); err != nil {
			return html.EscapeString(text)
		}
		return policy.Sanitize(b.String())
	}
})

// RenderMarkdown is a text in Markdown as HTML that only formats.
func RenderMarkdown(text string) string { return rendering()(text) }
