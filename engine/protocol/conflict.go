package protocol

import (
	"slices"
	"strconv"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Resolve is a decoded resolution of a conflict.
type Resolve struct {
	Strategy models.Strategy
	Value    []byte // of MANUAL: what is to stand; nil: the item is to go
	Remove   bool
	Base     *int64 // the version of the item that was looked at; nil: none named
}

var resolveFields = fieldsOf(fStrategy, fResolvedValue, fRemove, fVersion)

// DecodeResolve reads the body of a resolution.
func DecodeResolve(body []byte) (Resolve, error) {
	d := newDecoder(body)
	defer d.free()
	r, o := Resolve{}, object{allow: resolveFields}
	for d.next(&o) {
		switch o.field {
		case fStrategy:
			r.Strategy = models.Strategy(d.string(fStrategy.String()))
			if d.err == nil && !slices.Contains(models.PolicyStrategies, r.Strategy) {
				d.problem(fStrategy.String(), "one_of", "must be one of LAST_WRITE_WINS, FIRST_WRITE_WINS, MERGE, AI_ASSISTED and MANUAL")
			}
		case fResolvedValue:
			r.Value = d.canonical()
		case fRemove:
			r.Remove = d.bool(fRemove)
		case fVersion:
			r.Base = d.natural(fVersion)
		}
	}
	d.require(o.seen, fieldsOf(fStrategy))
	switch {
	case r.Strategy != models.StrategyManual:
		d.complain(o.seen&fieldsOf(fResolvedValue, fRemove), "only", "goes with MANUAL alone")
	case r.Remove == o.seen.has(fResolvedValue):
		d.problem(fResolvedValue.String(), "required", "must be there with MANUAL, or remove must be true, and not both")
	}
	if err := d.finish(); err != nil {
		return Resolve{}, err
	}
	return r, nil
}

// DecodeNothing reads a body that takes no fields, and may be missing.
func DecodeNothing(body []byte) error {
	d := newDecoder(orEmpty(body))
	defer d.free()
	o := object{}
	for d.next(&o) {
		continue
	}
	return d.finish()
}

func (d *decoder) bool(f field) bool {
	switch d.peek() {
	case 't':
		d.fail(d.word("true"))
		return true
	case 'f':
		d.fail(d.word("false"))
		return false
	}
	d.wrong(f.String(), "true or false")
	return false
}

// CheckConflictID refuses what cannot be a conflict's id: `invalid`.
func CheckConflictID(path, id string) error {
	ok := len(id) == 26
	for i := 0; ok && i < len(id); i++ {
		ok = isDigit(id[i]) || id[i] >= 'A' && id[i] <= 'Z'
	}
	if !ok {
		return fault.OfField(path, "format", "must be an id as the server gives them")
	}
	return nil
}

// AppendKept appends a conflict as lists and resolutions tell it, with both sides and the base.
func AppendKept(dst []byte, c *models.Conflict) []byte {
	dst = appendText(dst, `{"id":`, c.ID)
	dst = appendCollection(dst, c.Collection)
	dst = appendText(dst, `,"key":`, c.Key)
	dst = appendText(dst, `,"itemId":`, c.ItemID)
	dst = appendText(dst, `,"userId":`, c.Owner)
	dst = appendText(dst, `,"kind":`, string(c.Kind))
	dst = appendText(dst, `,"status":`, string(c.Status))
	dst = appendOptional(dst, `,"strategy":`, string(c.Strategy))
	dst = appendOptional(dst, `,"policyId":`, c.PolicyID)
	dst = appendOptional(dst, `,"winner":`, c.Winner)
	dst = appendText(dst, `,"reason":`, c.Reason)
	dst = appendStrings(append(dst, `,"fields":`...), c.Fields)
	dst = appendBase(dst, c)
	dst = appendCurrent(dst, c)
	dst = appendIncoming(dst, c)
	dst = appendSuggestion(dst, c.Suggestion)
	if c.StandsVersion != 0 {
		dst = appendInt(dst, `,"stands":{"version":`, c.StandsVersion)
		dst = append(appendRaw(dst, `,"value":`, c.Stands), '}')
	}
	dst = appendInt(dst, `,"resultSeq":`, c.ResultSeq)
	dst = AppendTime(append(dst, `,"createdAt":`...), c.CreatedAt)
	dst = AppendTime(append(dst, `,"resolvedAt":`...), c.ResolvedAt)
	dst = appendOptional(dst, `,"resolvedBy":`, c.ResolvedBy)
	dst = appendInt(dst, `,"reopened":`, c.Reopened)
	return append(dst, '}')
}

func appendBase(dst []byte, c *models.Conflict) []byte {
	if c.BaseVersion < 0 {
		return dst
	}
	dst = appendInt(dst, `,"base":{"version":`, c.BaseVersion)
	dst = strconv.AppendBool(append(dst, `,"kept":`...), c.BaseVersion == 0 || c.BaseValue != nil || c.BaseSeq != 0)
	dst = appendRaw(dst, `,"value":`, c.BaseValue)
	dst = appendRaw(dst, `,"metadata":`, c.BaseMetadata)
	return append(appendOpaque(dst, c.BaseOpaque), '}')
}

func appendCurrent(dst []byte, c *models.Conflict) []byte {
	dst = appendInt(dst, `,"current":{"version":`, c.CurrentVersion)
	dst = appendInt(dst, `,"seq":`, c.CurrentSeq)
	dst = strconv.AppendBool(append(dst, `,"deleted":`...), c.CurrentDeleted)
	dst = appendSide(dst, c.CurrentValue, c.CurrentMetadata, c.CurrentTags, c.CurrentExpires, c.CurrentPriority)
	dst = appendOpaque(dst, c.CurrentOpaque)
	return append(appendText(dst, `,"instanceId":`, c.CurrentInstance), '}')
}

func appendIncoming(dst []byte, c *models.Conflict) []byte {
	op := Set
	if c.IncomingOp == models.ChangeRemove {
		op = Remove
	}
	dst = appendText(dst, `,"incoming":{"op":`, string(op))
	dst = appendText(dst, `,"opId":`, c.OpID)
	dst = appendInt(dst, `,"timestamp":`, c.IncomingTimestamp)
	dst = appendSide(dst, c.IncomingValue, c.IncomingMetadata, c.IncomingTags, c.IncomingExpires, c.IncomingPriority)
	dst = appendOpaque(dst, c.IncomingOpaque)
	dst = appendText(dst, `,"instanceId":`, c.IncomingInstance)
	return append(appendText(dst, `,"actor":`, c.Actor), '}')
}

func appendSide(dst, value, metadata []byte, tags []string, expires, priority int64) []byte {
	dst = appendRaw(dst, `,"value":`, value)
	dst = appendRaw(dst, `,"metadata":`, metadata)
	dst = appendTags(dst, tags)
	dst = AppendTime(append(dst, `,"ttl":`...), expires)
	return appendInt(dst, `,"priority":`, priority)
}

func appendSuggestion(dst []byte, s *models.Suggestion) []byte {
	if s == nil {
		return dst
	}
	dst = appendOptional(dst, `,"suggestion":{"choice":`, s.Choice)
	dst = appendRaw(dst, `,"value":`, s.Value)
	dst = strconv.AppendFloat(append(dst, `,"confidence":`...), s.Confidence, 'f', -1, 64)
	dst = appendText(dst, `,"reason":`, s.Reason)
	dst = appendText(dst, `,"model":`, s.Model)
	dst = appendOptional(dst, `,"failure":`, s.Failure)
	return append(AppendTime(append(dst, `,"at":`...), s.At), '}')
}
