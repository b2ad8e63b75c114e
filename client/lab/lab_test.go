package lab

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"tidemark/client/internal/plant"
)

var (
	seed = flag.Uint64("seed", 0, "repeat the run of this seed; 0: all that belong to the test")
	runs = flag.Int("runs", 30, "how many seeds belong to the test, from 1 on; with TIDEMARK_SOAK at least 1000")
)

// seeds are those of a run of the tests.
func seeds() []uint64 {
	if *seed != 0 {
		return []uint64{*seed}
	}
	n := *runs
	if os.Getenv("TIDEMARK_SOAK") != "" {
		n = max(n, 1000)
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = uint64(i + 1)
	}
	return list
}

// run lives through a world, and gives its story and what did not hold.
func run(t *testing.T, s *server, seed uint64, faults plant.Faults) (story string, err error) {
	t.Helper()
	dir := t.TempDir()
	w, err := newWorld(t.Context(), dir, s, seed, faults)
	if err == nil {
		err = w.live()
	}
	if w != nil {
		for _, r := range w.replicas {
			err = errors.Join(err, r.Close())
		}
		story = strings.Join(w.trace, "\n")
	}
	if rerr := os.RemoveAll(dir); rerr != nil {
		t.Error(rerr)
	}
	return story, err
}

// TestLab runs the seeds on a server over each database.
func TestLab(t *testing.T) {
	t.Parallel()
	for name, maria := range map[string]bool{"sqlite": false, "mariadb": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, maria)
			for i, n := range seeds() {
				if i%100 == 99 {
					t.Logf("%d seeds hold", i)
				}
				story, err := run(t, s, n, plant.Faults{})
				if *seed != 0 && testing.Verbose() {
					fmt.Println(story)
				}
				if err != nil {
					t.Fatalf("%s\n\nseed %d: %v\n\nmake lab SEED=%d repeats it", story, n, err, n)
				}
			}
		})
	}
}

// TestARunRepeats: the same seed tells the same story, so that what was found can be looked at.
func TestARunRepeats(t *testing.T) {
	t.Parallel()
	var stories [2]string
	for i := range stories {
		s := newServer(t, false)
		for n := range uint64(3) {
			story, err := run(t, s, 100+n, plant.Faults{})
			if err != nil {
				t.Fatalf("seed %d: %v", 100+n, err)
			}
			stories[i] += story
		}
	}
	if stories[0] != stories[1] {
		t.Errorf("one story is\n%s\n\nand the other\n%s", stories[0], stories[1])
	}
}

// TestPlantedFaultsAreFound: a replica with a fault does not get through the seeds of the tests.
func TestPlantedFaultsAreFound(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]plant.Faults{
		"the later clock stands, not the later in the log":   {LaterClock: true},
		"the cursor is saved before the data":                {CursorFirst: true},
		"a snapshot leaves what was removed":                 {NoTombstone: true},
		"a replica keeps what it wrote against the server's": {OwnWins: true},
		"a write says that it was made over what came later": {LateBase: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false)
			for n := range uint64(30) {
				if _, err := run(t, s, n+1, faults); err != nil {
					t.Logf("seed %d: %.200v", n+1, err)
					return
				}
			}
			t.Error("30 seeds did not find it")
		})
	}
}
