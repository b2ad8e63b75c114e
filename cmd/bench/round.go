package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// series is one thing that is measured in every round.
type series struct {
	name   string
	run    func(time.Duration) (float64, error)
	values []float64
}

// interleave lets all series take turns, round after round, after a short
// warming-up that does not count: what disturbs the machine disturbs them alike.
func (b *bench) interleave(all ...*series) error {
	for round := range b.rounds + 1 {
		length := b.round
		if round == 0 {
			length = min(b.round, time.Second)
		}
		for _, s := range all {
			v, err := s.run(length)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if round > 0 {
				s.values = append(s.values, v)
			}
			if err := b.ctx.Err(); err != nil {
				return err
			}
		}
	}
	for _, s := range all {
		b.progress("  %-34s %s", s.name, s)
	}
	return nil
}

func (s *series) String() string {
	var out []string
	for _, v := range s.values {
		out = append(out, format(v))
	}
	return strings.Join(out, " ")
}

func (s *series) median() float64 { return median(s.values) }

// over is the median of the rounds' ratios of s to a limit.
func (s *series) over(limit *series) float64 {
	ratios := make([]float64, len(s.values))
	for i := range ratios {
		ratios[i] = s.values[i] / limit.values[i]
	}
	return median(ratios)
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
