package live

// Recheck looks at every credential at once.
func (l *Live) Recheck() { l.recheck() }
