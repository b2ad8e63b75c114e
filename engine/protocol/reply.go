package protocol

import (
	"strconv"

	"tidemark/internal/fault"
	"tidemark/models"
)

// AppendWrite appends what became of one write: the body of a PUT or DELETE,
// and the fields of an ack. REST marks a repeated outcome in a header instead:
// it clears Duplicate first, so that the body is the first one again.
func AppendWrite(dst []byte, r Result) []byte {
	dst = appendText(dst, `{"status":`, string(r.Status))
	dst = appendText(dst, `,"key":`, r.Key)
	dst = appendInt(dst, `,"version":`, r.Version)
	dst = appendInt(dst, `,"timestamp":`, r.Timestamp)
	dst = appendInt(dst, `,"seq":`, r.Seq)
	return appendOutcome(dst, r)
}

// appendOutcome writes the parts of a result that are not always there, and the brace.
func appendOutcome(dst []byte, r Result) []byte {
	if r.Value != nil {
		dst = appendRaw(dst, `,"value":`, r.Value)
	}
	if r.ConflictID != "" {
		dst = appendText(dst, `,"conflictId":`, r.ConflictID)
	}
	if r.Duplicate {
		dst = append(dst, `,"duplicate":true`...)
	}
	return append(dst, '}')
}

// AppendResult appends one result of a push reply. A rejected one has code,
// message and requestId, and of a version conflict what stands.
func AppendResult(dst []byte, r Result, requestID string) []byte {
	f := fault.From(r.Err)
	dst = appendText(dst, `{"opId":`, r.OpID)
	if f == nil {
		dst = appendText(dst, `,"status":`, string(r.Status))
		dst = appendInt(dst, `,"version":`, r.Version)
		dst = appendInt(dst, `,"seq":`, r.Seq)
		return appendOutcome(dst, r)
	}
	dst = appendText(dst, `,"status":`, string(Rejected))
	dst = appendText(dst, `,"code":`, string(f.Code))
	dst = appendText(dst, `,"message":`, f.Message)
	for _, name := range [...]string{"conflictId", "value", "version"} {
		if v, ok := f.Details[name]; ok {
			dst = appendAny(append(append(append(dst, `,"`...), name...), `":`...), v)
		}
	}
	if r.Duplicate {
		dst = append(dst, `,"duplicate":true`...)
	}
	dst = appendText(dst, `,"requestId":`, requestID)
	return append(dst, '}')
}

// AppendPushReply appends the reply to a push: one result per event, in order.
func AppendPushReply(dst []byte, results []Result, requestID string, serverTime int64) []byte {
	dst = append(dst, `{"results":[`...)
	for i, r := range results {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendResult(dst, r, requestID)
	}
	dst = appendInt(dst, `],"serverTime":`, serverTime)
	return append(dst, '}')
}

// AppendPullPage appends a page of the log around events, an array written by
// AppendEvents.
func AppendPullPage(dst, events []byte, cursor string, hasMore bool, serverTime int64) []byte {
	dst = append(append(dst, `{"events":`...), events...)
	dst = appendText(dst, `,"cursor":`, cursor)
	dst = strconv.AppendBool(append(dst, `,"hasMore":`...), hasMore)
	dst = appendInt(dst, `,"serverTime":`, serverTime)
	return append(dst, '}')
}

// AppendItemPage appends a page of items. nextPage is null on the last one.
func AppendItemPage(dst []byte, items []models.Item, nextPage, cursor string) []byte {
	dst = append(dst, `{"items":[`...)
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendItem(dst, &items[i])
	}
	return appendPageEnd(dst, nextPage, cursor)
}

// AppendKeyPage appends a page of keys, of items that need no more than those.
func AppendKeyPage(dst []byte, items []models.Item, nextPage, cursor string) []byte {
	dst = append(dst, `{"keys":[`...)
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, items[i].Key)
	}
	return appendPageEnd(dst, nextPage, cursor)
}

func appendPageEnd(dst []byte, nextPage, cursor string) []byte {
	dst = appendOptional(dst, `],"nextPage":`, nextPage)
	dst = appendText(dst, `,"cursor":`, cursor)
	return append(dst, '}')
}

// AppendKeys appends the fields of the ack of a subscription.
func AppendKeys(dst []byte, keys []string) []byte {
	return append(appendStrings(append(dst, `{"keys":`...), keys), '}')
}

// AppendInstance appends one instance of a status report, of a log that stands at seq.
func AppendInstance(dst []byte, i *models.Instance, seq int64) []byte {
	dst = appendText(dst, `{"instanceId":`, i.ID)
	dst = appendText(dst, `,"userId":`, i.UserID)
	dst = appendInt(dst, `,"cursorSeq":`, i.Mark)
	dst = appendInt(dst, `,"lag":`, max(0, seq-i.Mark))
	dst = AppendTime(append(dst, `,"lastSeen":`...), i.LastSeenAt)
	dst = strconv.AppendBool(append(dst, `,"connected":`...), i.ConnID != 0)
	return append(dst, '}')
}

// AppendOK appends the answer to an event that went well. fields is a JSON
// object whose members join "ok"; nil means none.
func AppendOK(dst, fields []byte) []byte {
	dst = append(dst, `{"ok":true`...)
	if len(fields) <= len("{}") {
		return append(dst, '}')
	}
	return append(append(dst, ','), fields[1:]...)
}

// AppendNotOK appends the answer to an event that was refused.
func AppendNotOK(dst []byte, f *fault.Error, requestID string) []byte {
	dst = AppendError(append(dst, `{"ok":false,"error":`...), f, requestID)
	return append(dst, '}')
}
