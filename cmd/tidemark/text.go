package main

import (
	"fmt"

	"tidemark/internal/fault"
)

// count says "1 problem", "2 problems".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func absent(err error) bool { return fault.Is(err, fault.NotFound) }

// notFound says what is absent and which command lists what there is.
func notFound(noun, name, list string) error {
	return fault.New(fault.NotFound, "there is no %s %q; %s shows those there are", noun, name, list)
}
