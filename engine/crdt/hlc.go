// Package crdt holds the clocks and data types that merge the same way on every replica.
package crdt

// HLC is a hybrid logical clock after Kulkarni et al., "Logical Physical Clocks"
// (2014), in one number: milliseconds since the epoch in the high 48 bits, a
// counter in the low 16. Comparing numbers compares clocks.
type HLC = int64

const counterBits = 16

// At is the clock that stands at ms milliseconds with its counter at zero.
func At(ms int64) HLC { return ms << counterBits }

// Tick is the first clock after stored that is not before now (ms).
func Tick(now int64, stored HLC) HLC { return max(At(now), stored+1) }

// Before orders two writes alike on every node: by clock, then by instance.
func Before(a HLC, instanceA string, b HLC, instanceB string) bool {
	return a < b || a == b && instanceA < instanceB
}
