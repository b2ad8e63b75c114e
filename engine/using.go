package engine

import (
	"context"

	"tidemark/models"
)

// KeyUse is who is connected with a key.
type KeyUse struct {
	Devices int64 // to any node
	Others  int64 // connections to this node that name no device
}

// Using counts who is connected with a key. Devices of other nodes count as of a second ago.
func (e *Engine) Using(ctx context.Context, tenantID, keyID string) (KeyUse, error) {
	var u KeyUse
	e.hub.each(tenantID, func(s *Session) {
		if c := s.Caller(); c.KeyID == keyID && c.InstanceID == "" {
			u.Others++
		}
	})
	n, err := e.store.ConnectedWith(ctx, tenantID, keyID)
	u.Devices = n
	return u, err
}

// Callers are those who are connected to a tenant through this node, one for each connection.
func (e *Engine) Callers(tenantID string) []models.Caller {
	var out []models.Caller
	e.hub.each(tenantID, func(s *Session) { out = append(out, s.Caller()) })
	return out
}
