package crdt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// replica is one copy of a data type, beside the naive model of the same: all
// events it has heard of, read from the beginning.
type replica interface {
	mutate(r *rand.Rand) change // does something and says what changed
	apply(c change)
	encode() []byte
	decode(data []byte) replica // a copy made of bytes
	value() string
	model() string
}

// change is what one or several mutations changed.
type change interface{ and(change) change }

// kinds makes the first, empty replica of an actor, by the name of the type.
var kinds = map[string]func(actor string) replica{}

const actors = 3

func cases() int {
	if os.Getenv("TIDEMARK_SOAK") != "" {
		return 1_000_000
	}
	return 10_000
}

// Whatever is done on replicas, and in whatever order, batches and numbers of
// times they hear of it, they end equal in every byte, and as the model says.
func TestReplicasEndEqual(t *testing.T) {
	t.Parallel()
	for name, begin := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range cases() {
				if err := converge(begin, rand.New(rand.NewPCG(uint64(seed), 7))); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

func converge(begin func(string) replica, r *rand.Rand) error {
	all, changes := make([]replica, actors), []change(nil)
	for i := range all {
		all[i] = begin(fmt.Sprint("actor", i))
	}
	for range 1 + r.IntN(8) {
		one := all[r.IntN(actors)]
		c := one.mutate(r)
		changes = append(changes, c)
		if got, want := one.value(), one.model(); got != want {
			return fmt.Errorf("after its own change: %s, want %s", got, want)
		}
		if r.IntN(2) == 0 {
			all[r.IntN(actors)].apply(changes[r.IntN(len(changes))])
		}
	}
	for i, one := range all {
		all[i] = hear(one, changes, r)
	}
	for _, one := range all {
		if got, want := one.value(), one.model(); got != want {
			return fmt.Errorf("in the end: %s, want %s", got, want)
		}
		if !bytes.Equal(one.encode(), all[0].encode()) {
			return fmt.Errorf("%s and %s differ: %x, %x", one.value(), all[0].value(), one.encode(), all[0].encode())
		}
	}
	return nil
}

// hear delivers all changes in some order, some twice and some together, and
// sends the replica through its encoding on the way.
func hear(one replica, changes []change, r *rand.Rand) replica {
	for at := 0; at < len(changes); {
		if at == 0 {
			r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		}
		c := changes[at]
		for at++; at < len(changes) && r.IntN(3) == 0; at++ {
			c = c.and(changes[at])
		}
		one.apply(c)
		if r.IntN(4) == 0 {
			one.apply(c.and(changes[r.IntN(len(changes))]))
		}
		if r.IntN(4) == 0 {
			one = one.decode(one.encode())
		}
	}
	return one
}
