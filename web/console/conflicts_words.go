package console

import (
	"fmt"
	"strings"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/views/ui"
)

func severityName(s models.Severity) string {
	switch s {
	case models.SeverityHigh:
		return "High"
	case models.SeverityLow:
		return "Low"
	case models.SeverityMedium:
	}
	return "Medium"
}

// summaryOf says in a few words what a conflict is about.
func summaryOf(k models.ConflictKind, removal, deleted bool, fields []string) string {
	switch {
	case k == models.ConflictDelete && removal:
		return "Removed by a device that had not seen a change"
	case k == models.ConflictDelete && deleted:
		return "Changed by a device that had not seen its removal"
	case k == models.ConflictLostBase:
		return "Made on a version that this log never had"
	case k == models.ConflictBaseGone:
		return "Made on a version that is no longer kept"
	case k == models.ConflictSchema:
		return "Written by an older version of its table"
	case k == models.ConflictRule:
		return "Made offline, and against a rule of its table"
	case k == models.ConflictOlder:
		return "Older than what was stored"
	}
	return "Both changed " + namesOf(fields)
}

const fieldsNamed = 3

// namesOf lists a few fields as people would say them.
func namesOf(fields []string) string {
	var out []string
	for _, f := range fields[:min(len(fields), fieldsNamed)] {
		out = append(out, fieldLabel(f))
	}
	switch n := len(fields) - fieldsNamed; {
	case len(out) == 0:
		return "it, in different places"
	case n > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(out, ", "), n)
	}
	return strings.Join(out, ", ")
}

// fieldLabel is the name of a field for people: /assignee/id is assignee.id.
func fieldLabel(name string) string {
	switch name {
	case "":
		return "the whole value"
	case string(conflict.PartExpiry):
		return "expiry"
	}
	part, path, found := strings.Cut(name, "/")
	if !found {
		return name
	}
	label := strings.Join(protocol.Segments(path), ".")
	if part != "" {
		return part + ": " + label
	}
	return label
}

func outcomeOf(winner string) string {
	switch conflict.Winner(winner) {
	case conflict.Current:
		return "kept current"
	case conflict.Incoming:
		return "accepted incoming"
	case conflict.Merged:
		return "merged"
	case conflict.Nobody:
	}
	return ""
}

// strategyWords says by what a conflict was settled.
func strategyWords(s models.Strategy) string {
	switch s {
	case models.StrategyLWW:
		return "the last write wins"
	case models.StrategyFWW:
		return "the first write wins"
	case models.StrategyMerge:
		return "by a merge"
	case models.StrategyAssisted:
		return "as an assistant suggested"
	case models.StrategyManual:
		return "by hand"
	case models.StrategyNone:
	}
	return "by nobody yet"
}

// strategyLabel is a strategy as a setting.
func strategyLabel(s models.Strategy) string {
	switch s {
	case models.StrategyLWW:
		return "last write wins"
	case models.StrategyFWW:
		return "first write wins"
	case models.StrategyMerge:
		return "merge"
	case models.StrategyAssisted:
		return "merge, then ask the assistant"
	case models.StrategyManual, models.StrategyNone:
	}
	return "a person decides"
}

// lasting writes a span (ms) in words.
func lasting(ms int64) string {
	return strings.TrimSuffix(ui.Ago(ms, 0), " ago")
}
