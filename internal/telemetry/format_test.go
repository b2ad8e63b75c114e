package telemetry_test

import (
	"bytes"
	"strings"
	"testing"

	"tidemark/internal/telemetry"
)

func TestLinesForPeopleAreTextAndCarryTheSame(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "warn", "text")
	if err != nil {
		t.Fatal(err)
	}
	ctx := telemetry.WithRequest(t.Context(), &telemetry.Request{ID: "req-1"})
	log.InfoContext(ctx, "too quiet")
	log.WarnContext(ctx, "said", "break", "a\nb")
	if line := out.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, `level=WARN msg=said break="a\nb" request_id=req-1`) {
		t.Errorf("line: %q", line)
	}
}
