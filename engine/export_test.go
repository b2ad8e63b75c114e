package engine

import "time"

// Patient makes an engine of the options wait so long for a write, as tests on a busy machine must.
func Patient(o *Options, d time.Duration) { o.giveUp = d }
