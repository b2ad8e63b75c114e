package engine

import "time"

// DefaultLimits are the bounds used where none are given.
var DefaultLimits = Limits{
	MaxItemBytes:   100 << 10,
	MaxBatchOps:    500,
	MaxBatchBytes:  1 << 20,
	QueuePerTenant: 20000,
	SessionQueue:   256,
	CompressAbove:  4 << 10,
	ClearInline:    10000,
}

func (l Limits) orDefaults() Limits {
	set := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	setInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.MaxItemBytes, DefaultLimits.MaxItemBytes)
	set(&l.MaxBatchBytes, DefaultLimits.MaxBatchBytes)
	set(&l.CompressAbove, DefaultLimits.CompressAbove)
	setInt(&l.MaxBatchOps, DefaultLimits.MaxBatchOps)
	setInt(&l.QueuePerTenant, DefaultLimits.QueuePerTenant)
	setInt(&l.SessionQueue, DefaultLimits.SessionQueue)
	setInt(&l.ClearInline, DefaultLimits.ClearInline)
	return l
}

// Bounds of the engine's own work.
const (
	batchOps      = 512                     // operations in one transaction
	batchBytes    = 8 << 20                 // bytes of values in one transaction
	tenantShare   = 64                      // operations a tenant may add in one turn of a batch
	queueBytes    = 64 << 20                // bytes of values waiting per tenant
	cachedItems   = 50000                   // item states, and users, remembered per tenant
	tenantBytes   = 32 << 20                // of memory they may take
	latestBytes   = 8 << 20                 // of memory a tenant's newest rows of the log may take
	cachedBytes   = 64 << 20                // of memory a committer may remember tenants in
	writeDeadline = 2400 * time.Millisecond // after which a write is given up
	commitTimeout = 10 * time.Second        // of one transaction
	headPatience  = 250 * time.Millisecond  // a batch waits for a head that another node holds
	clockSkewMax  = 5000                    // ms a client's clock may run ahead
	mysqlShards   = 4
	keyBuckets    = 4096 // of purged versions, per tenant
)
