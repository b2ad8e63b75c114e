package api

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	adminPath   = "/api/v1/admin"
	changesSeen = 200 // entries of the audit in which the author of a change is looked for
)

// Change says who changed something last, and what.
type Change struct {
	Actor   string               `json:"actor"`
	At      time.Time            `json:"at"`
	Changed []models.FieldChange `json:"changed,omitempty"`
}

// atVersion is the version that a change is made against: If-Match must name it.
func atVersion(c *fiber.Ctx) (int64, error) {
	version, ok := versionOf(bytes.TrimSpace(c.Request().Header.Peek(fiber.HeaderIfMatch)))
	if !ok {
		return 0, fault.New(fault.Malformed, `If-Match must name the version that was read, in quotes, such as "3".`)
	}
	return version, nil
}

// nameBehind is what stands behind a part of the path, percent-decoded exactly once.
func nameBehind(c *fiber.Ctx, part string) (string, error) {
	raw, ok := bytes.CutPrefix(c.Request().URI().PathOriginal(), []byte(adminPath+part))
	if !ok {
		return "", fiber.ErrNotFound
	}
	name, err := unescape(raw)
	if err != nil || name == "" {
		return "", fault.New(fault.NotFound, "There is nothing at this address.")
	}
	return name, nil
}

// stale adds to a `stale_edit` what stands now, who changed it last and what. Other errors stay as they are.
func (a *API) stale(ctx context.Context, err error, tenantID, object, actions string, now func() (any, error)) error {
	if !fault.Is(err, fault.StaleEdit) {
		return err
	}
	out := fault.New(fault.StaleEdit, "Somebody changed this in the meantime. Look at it again.")
	if current, err := now(); err == nil {
		out = out.With("current", current)
	}
	if last, ok := a.lastChange(ctx, tenantID, object, actions); ok {
		out = out.With("changedBy", last)
	}
	return out
}

// lastChange reads from the audit who changed something last.
func (a *API) lastChange(ctx context.Context, tenantID, object, actions string) (Change, bool) {
	found, err := a.opt.Store.SearchAudit(ctx, store.AuditQuery{Tenant: &tenantID, Action: actions, Limit: changesSeen})
	if err != nil {
		return Change{}, false
	}
	for _, e := range found.Entries {
		if e.Object == object && !strings.HasSuffix(e.Action, ".view") {
			return Change{Actor: e.Actor, At: moment(e.At), Changed: changedIn(e)}, true
		}
	}
	return Change{}, false
}

// moment is a time in milliseconds as answers tell it; zero stays away.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// millis is a moment that a body names; nil and zero: none.
func millis(t *time.Time) int64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// keep replaces a value by the one that a body names, if it does.
func keep[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
