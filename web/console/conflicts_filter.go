package console

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Views of the queue.
const (
	viewOpen     = "open"
	viewMine     = "mine"
	viewAI       = "ai"
	viewResolved = "resolved"
)

// asked is what of the queue an address asks for.
type asked struct {
	view   string
	filter store.ConflictFilter // of open conflicts only its ReviewFilter counts
}

func (a *asked) resolved() bool { return a.view == viewResolved }

// term is one word of a filter: name:value, or with an empty name the beginning of keys.
type term struct{ name, value string }

// filterReader reads the words of a filter.
type filterReader struct {
	now   int64
	me    string // the actor who asks
	admin func(email string) (actor string, err error)
	out   asked
	seen  map[string]bool
}

// conflictFilter reads what is filtered for: `invalid` with a sentence for a person where it is not understood.
func (c *Console) conflictFilter(ctx context.Context, a asked, text, me string, now int64) (asked, error) {
	r := filterReader{now: now, me: me, out: a, seen: map[string]bool{}, admin: func(email string) (string, error) {
		m, err := c.opt.Store.AccountByEmail(ctx, email)
		return models.ActorAccount + m.ID, err
	}}
	for _, t := range termsOf(text) {
		if err := r.read(t); err != nil {
			return r.out, err
		}
	}
	if f := &r.out.filter; f.Key != "" && f.Collection == "" {
		f.Collection = models.Storage // keys are found within a collection
	}
	return r.out, nil
}

// termsOf splits a filter at white space outside of quotes.
func termsOf(text string) (out []term) {
	var word strings.Builder
	var name string
	quoted, named, some := false, false, false
	end := func() {
		if some {
			out = append(out, term{name, word.String()})
		}
		word.Reset()
		name, named, some = "", false, false
	}
	for _, r := range text {
		switch {
		case r == '"':
			quoted, some = !quoted, true
		case quoted:
			word.WriteRune(r)
		case unicode.IsSpace(r):
			end()
		case r == ':' && !named:
			name, named, some = strings.ToLower(word.String()), true, true
			word.Reset()
		default:
			word.WriteRune(r)
			some = true
		}
	}
	end()
	return out
}

// Words of the filter, and what they may say.
var (
	wordsOfOpen     = []string{"key", "user", "device", "collection", "kind", "severity", "older", "newer", "is"}
	wordsOfResolved = []string{"key", "user", "device", "collection", "kind", "older", "newer", "item", "by", "strategy"}

	severities = map[string]models.Severity{"low": models.SeverityLow, "medium": models.SeverityMedium, "high": models.SeverityHigh}
	kinds      = []string{
		string(models.ConflictConcurrent), string(models.ConflictDelete), string(models.ConflictLostBase), string(models.ConflictBaseGone), string(models.ConflictClock), string(models.ConflictOlder), string(models.ConflictSchema), string(models.ConflictRule),
	}
)

func (r *filterReader) read(t term) error {
	words := wordsOfOpen
	if r.out.resolved() {
		words = wordsOfResolved
	}
	name := t.name
	switch {
	case name == "" && strings.TrimSpace(t.value) == "":
		return nil
	case name == "":
		name, t.value = "key", t.value+"*"
	case slices.Contains(words, name):
	case slices.Contains(slices.Concat(wordsOfOpen, wordsOfResolved), name):
		return misread("“%s:” does not go with this view, but with the other ones.", name)
	default:
		return misread("“\u2068%s:\u2069” is not known. There are %s. For a key with a colon in it write key:\"…\".", cutTo(name, 40), strings.Join(words, ":, ")+":")
	}
	if t.value == "" {
		return misread("“%s:” says nothing. Write it as %s.", name, exampleOf[name])
	}
	if r.seen[name+onlyIs(name, t.value)] {
		return misread("“%s:” is there twice. A conflict must fit all that is filtered for.", name)
	}
	r.seen[name+onlyIs(name, t.value)] = true
	return r.take(name, t.value)
}

// onlyIs lets "is:" stand twice with different values.
func onlyIs(name, value string) string {
	if name == "is" {
		return value
	}
	return ""
}

var exampleOf = map[string]string{
	"key": "key:orders/*", "user": "user:ann", "device": "device:tablet-7", "collection": "collection:orders", "kind": "kind:delete_update", "severity": "severity:high",
	"older": "older:2d", "newer": "newer:1h", "is": "is:mine", "item": "item:<its id>", "by": "by:policy", "strategy": "strategy:MERGE",
}

func (r *filterReader) take(name, value string) (err error) {
	f := &r.out.filter
	switch name {
	case "key":
		f.Key, f.Open = strings.CutSuffix(value, "*")
	case "user":
		f.Owner = value
	case "device":
		f.Device = value
	case "collection":
		f.Collection = value
	case "item":
		f.ItemID = value
	case "kind":
		f.Kind = models.ConflictKind(value)
		return oneOf(name, value, kinds)
	case "strategy":
		f.Strategy = models.Strategy(strings.ToUpper(value))
		return oneOf(name, strings.ToUpper(value), policyStrategies())
	case "severity":
		f.Severity = severities[strings.ToLower(value)]
		return oneOf(name, strings.ToLower(value), []string{"low", "medium", "high"})
	case "older":
		f.Before, err = r.since(name, value)
	case "newer":
		f.After, err = r.since(name, value)
	case "is":
		return r.is(value)
	case "by":
		f.ResolvedBy, err = r.by(value)
	}
	return err
}

func policyStrategies() []string {
	var out []string
	for _, s := range models.PolicyStrategies {
		out = append(out, string(s))
	}
	return out
}

func (r *filterReader) is(value string) error {
	switch value {
	case "mine":
		r.out.filter.Assignee = r.me
	case "unassigned":
		r.out.filter.Unassigned = true
	default:
		return misread("“is:” may be mine or unassigned, not “\u2068%s\u2069”.", cutTo(value, 40))
	}
	return nil
}

func (r *filterReader) by(value string) (string, error) {
	switch value {
	case "policy":
		return "policy", nil
	case "me":
		return r.me, nil
	}
	actor, err := r.admin(value)
	if fault.Is(err, fault.NotFound) {
		return "", misread("“by:” may be policy, me or the e-mail address of an administrator; there is none with “\u2068%s\u2069”.", cutTo(value, 40))
	}
	return actor, err
}

var spanUnits = map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// since is the moment (ms) so long before now.
func (r *filterReader) since(name, value string) (int64, error) {
	unit := spanUnits[value[len(value)-1]]
	n, err := strconv.Atoi(value[:len(value)-1])
	if unit == 0 || err != nil || n < 1 || n > 10_000 {
		return 0, misread("“%s:” takes a number of minutes, hours, days or weeks, such as %s:30m, %s:12h or %s:2d.", name, name, name, name)
	}
	return max(1, r.now-(time.Duration(n)*unit).Milliseconds()), nil
}

func oneOf(name, value string, all []string) error {
	if slices.Contains(all, value) {
		return nil
	}
	return misread("“%s:” may be %s, not “\u2068%s\u2069”.", name, strings.Join(all, ", "), cutTo(value, 40))
}

func misread(format string, args ...any) error {
	return fault.New(fault.Invalid, "%s", fmt.Sprintf(format, args...))
}

// cutTo is the beginning of a text.
func cutTo(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// toggled is a filter with a word added, or without it where it is there.
func toggled(text, word string) (next string, on bool) {
	var rest []string
	for _, w := range strings.Fields(text) {
		if strings.EqualFold(w, word) {
			on = true
			continue
		}
		if name, _, ok := strings.Cut(word, ":"); ok && strings.HasPrefix(strings.ToLower(w), name+":") {
			continue
		}
		rest = append(rest, w)
	}
	if !on {
		rest = append(rest, word)
	}
	return strings.Join(rest, " "), on
}
