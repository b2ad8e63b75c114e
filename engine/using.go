package engine

// Using counts the live connections of a key to this node, and the devices among them.
func (e *Engine) Using(tenantID, keyID string) (connections, devices int) {
	seen := map[[2]string]bool{}
	e.hub.each(tenantID, func(s *Session) {
		c := s.Caller()
		if c.KeyID != keyID {
			return
		}
		connections++
		if c.InstanceID != "" {
			seen[[2]string{c.UserID, c.InstanceID}] = true
		}
	})
	return connections, len(seen)
}
