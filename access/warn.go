package access

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/mail"
	"tidemark/models"
)

const maxWarned = 200 // keys that a mail lists

// warn tells administrators once a day of keys that expire, or have had their secret for too long.
func (a *Access) warn() {
	if a.opt.Mail == nil {
		return
	}
	today := a.opt.Clock.Now().UTC().Format(time.DateOnly)
	if today == a.warned {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), upkeepTimeout)
	defer cancel()
	if err := a.warnNow(ctx); err != nil {
		a.opt.Log.Warn("key_warnings_failed", "error", err)
		return
	}
	a.warned = today
}

func (a *Access) warnNow(ctx context.Context) error {
	to, err := a.opt.Store.AdminEmails(ctx)
	if err != nil || len(to) == 0 {
		return err
	}
	tenants, err := a.opt.Store.Tenants(ctx)
	if err != nil {
		return err
	}
	keys, err := a.opt.Store.WarnOfKeys(ctx, a.opt.KeyMaxAge)
	if err != nil || len(keys) == 0 {
		return err
	}
	m := mail.Message{Subject: "An API key needs your attention", Text: a.warning(tenants, keys)}
	if len(keys) > 1 {
		m.Subject = fmt.Sprintf("%d API keys need your attention", len(keys))
	}
	for _, m.To = range to {
		if err := a.opt.Mail.Send(ctx, m); err != nil {
			a.opt.Log.Error("key_warning_lost", "to", m.To, "keys", len(keys), "error", err)
		}
	}
	return nil
}

// warning is the text of the mail.
func (a *Access) warning(tenants []models.Tenant, keys []models.KeyWarning) string {
	var b strings.Builder
	listed := 0
	for _, t := range tenants {
		headed := false
		for _, w := range keys {
			if w.Key.TenantID != t.ID || listed == maxWarned {
				continue
			}
			if !headed {
				fmt.Fprintf(&b, "%s (%s)\n", t.Name, t.Slug)
				headed = true
			}
			fmt.Fprintf(&b, "- %s (%s…%s) %s\n  %s/console/t/%s/api-keys/%s\n", w.Key.Name, w.Key.Prefix, w.Key.Last4, a.why(w), a.opt.PublicURL, t.Slug, w.Key.ID)
			listed++
		}
		if headed {
			b.WriteString("\n")
		}
	}
	if rest := len(keys) - listed; rest > 0 {
		fmt.Fprintf(&b, "And %d more.\n\n", rest)
	}
	b.WriteString("A key that has expired lets nobody in: devices keep their data and go on with a new key. Give a key another expiry, or a new secret, on its page.\n")
	return b.String()
}

// why says in words what there is to tell of a key.
func (a *Access) why(w models.KeyWarning) string {
	var parts []string
	if w.Expiry {
		parts = append(parts, expiryWords(w.Key.ExpiresAt, clock.Millis(a.opt.Clock)))
	}
	if w.Overdue > 0 {
		parts = append(parts, fmt.Sprintf("has had its secret for %d days, and should for %d at most", w.Overdue, a.opt.KeyMaxAge))
	}
	return strings.Join(parts, "; ")
}

func expiryWords(at, now int64) string {
	on := time.UnixMilli(at).UTC().Format("2 January 2006, 15:04") + " UTC"
	switch days := (at - now + dayMillis - 1) / dayMillis; {
	case at <= now:
		return "expired on " + on
	case days == 1:
		return "expires within a day, on " + on
	default:
		return fmt.Sprintf("expires in %d days, on %s", days, on)
	}
}
