package client_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tidemark/client"
)

const childVariable = "TIDEMARK_TEST_WRITER"

// TestMain lets the test binary be a device of its own, which a test then kills.
func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		if err := writer(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writing says where a writer writes.
type writing struct {
	Path, URL, Key string
	From           int64 // the number it goes on from
}

const writerKeys = 7

// writer writes numbers to its keys, one after the other, and prints each when it has been told that it is safe.
func writer(text string) error {
	var w writing
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return err
	}
	ctx := context.Background()
	c, err := client.Open(ctx, client.Options{Path: w.Path, URL: w.URL, APIKey: w.Key, UserID: "ada"})
	if err != nil {
		return err
	}
	go func() { _ = c.Run(ctx) }() // until the process is killed
	for n := w.From; ; n++ {
		if err := c.Set(ctx, fmt.Sprint("k", n%writerKeys), map[string]int64{"n": n}); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// run starts a writer, kills it after a while, and gives the last number that was safe.
func (w writing) run(t *testing.T, after time.Duration) int64 {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, last := bufio.NewScanner(out), w.From-1
	if !lines.Scan() {
		t.Fatalf("the writer ended: %s", &stderr)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for more := true; more; more = lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			break // cut off in the middle of a number
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || stderr.Len() > 0 {
		t.Fatalf("the writer ended: %v %s", err, &stderr)
	}
	return last
}

// TestAReplicaSurvivesKills: what was written is there however the process ended, reaches the server, and happens once.
func TestAReplicaSurvivesKills(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant()
		r := rand.New(rand.NewPCG(7, 7))
		d := s.device(t, key, "")
		w := writing{Path: d.options.Path, URL: s.URL, Key: key}
		for range soak(12, 100) {
			d.ok(d.Close())
			last := w.run(t, time.Duration(r.IntN(150))*time.Millisecond)
			if r.IntN(4) == 0 {
				s.Kill()
				s.Start()
			}
			d.open()
			w.From = d.holds(last)
			if r.IntN(2) == 0 {
				d.sync()
				w.From = d.holds(last)
			}
		}
		d.sync()
		other := s.device(t, key, "other")
		other.sync()
		for k := range writerKeys {
			mine := d.number(fmt.Sprint("k", k))
			other.shows(fmt.Sprint("k", k), fmt.Sprintf(`{"n":%d}`, mine))
		}
		if left := append(d.pending(), d.refused()...); len(left)+len(d.conflicts()) > 0 {
			t.Errorf("%+v %+v", left, d.conflicts())
		}
		s.once(t, key)
	})
}

// holds fails the test unless each key has the last number that was safe, or the one
// that was being written; it gives the number to go on from.
func (d *device) holds(last int64) int64 {
	d.t.Helper()
	next := last + 1
	if i, err := d.Get(d.t.Context(), fmt.Sprint("k", next%writerKeys)); err == nil && string(i.Value) == fmt.Sprintf(`{"n":%d}`, next) {
		next++ // it was written, but the writer was killed before it could say so
	}
	for n := next - 1; n >= next-writerKeys && n >= 0; n-- {
		if got := d.number(fmt.Sprint("k", n%writerKeys)); got != n {
			d.t.Errorf("k%d was %d when that was safe, and is %d", n%writerKeys, n, got)
		}
	}
	return next
}

func (d *device) number(key string) int64 {
	d.t.Helper()
	i, err := d.Get(d.t.Context(), key)
	d.ok(err)
	var v struct{ N int64 }
	d.ok(i.Into(&v))
	return v.N
}

// once looks into the log: each operation happened once, and the numbers of a key rise.
func (s *server) once(t *testing.T, key string) {
	t.Helper()
	ids, last := map[string]bool{}, map[string]int64{}
	for _, e := range s.log(t, key) {
		var v struct{ N int64 }
		if err := json.Unmarshal(e.Value, &v); err != nil || ids[e.OpID] {
			t.Errorf("%s happened twice, or is none: %v", e.OpID, err)
		}
		if was, ok := last[e.Key]; ok && v.N <= was {
			t.Errorf("%s went from %d to %d", e.Key, was, v.N)
		}
		ids[e.OpID], last[e.Key] = true, v.N
	}
}
