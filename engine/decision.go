package engine

import (
	"encoding/json"
	"strings"

	"tidemark/models"
	"tidemark/store"
)

// auditDecision notes what an administrator decided of a conflict, or undid, with the commit that does it.
func (l *ledger) auditDecision(t *store.CommitTx, c *models.Conflict) error {
	who := l.deciders[c]
	if who == nil || !strings.HasPrefix(who.Actor, models.ActorAccount) {
		return nil
	}
	told := map[string]any{"key": c.Key, "owner": c.Owner, "collection": c.Collection, "strategy": string(c.Strategy), "version": c.StandsVersion}
	action, changed := "conflict.reopen", models.FieldChange{Field: "status", From: models.ConflictResolved, To: c.Status}
	if c.Status == models.ConflictResolved {
		action, told["winner"] = "conflict.resolve", c.Winner
		changed.From = models.ConflictOpen
	}
	told["changed"] = []models.FieldChange{changed}
	detail, err := json.Marshal(told)
	if err != nil {
		return err
	}
	return t.AuditBy(store.AuthorOf(who), models.AuditEntry{TenantID: c.TenantID, Action: action, Object: c.ID, Detail: detail})
}
