package ui

import "testing"

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{Comma(0), "0"},
		{Comma(999), "999"},
		{Comma(1000), "1,000"},
		{Comma(-1234567), "-1,234,567"},
		{Comma(-999), "-999"},
		{Size(0), "0 B"},
		{Size(1023), "1023 B"},
		{Size(1536), "1.5 KB"},
		{Size(200 << 20), "200 MB"},
		{Size(5 << 50), "5120 TB"},
		{Rate(0), "0.0"},
		{Rate(90), "1.5"},
		{Plural(1, "item", "items"), "item"},
		{Plural(0, "item", "items"), "items"},
		{Count(1, "item", "items"), "1 item"},
		{Count(1204, "item", "items"), "1,204 items"},
		{Initials("Northwind Field Ops"), "NF"},
		{Initials("acme"), "A"},
		{Initials("field-tablets"), "FT"},
		{Initials(`Corner "Shop" & Co`), "CS"},
		{Initials("  "), ""},
		{Initials("ß über"), "ßÜ"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestAgoSaysTheLargestUnitThatFits(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{-5: "now", 0: "now", 2: "now", 3: "3 s ago", 59: "59 s ago", 60: "1 min ago", 3599: "59 min ago", 3600: "1 h ago", 86400: "1 d ago", 400 * 86400: "400 d ago"} {
		if got := Ago(10_000_000_000_000, 10_000_000_000_000-seconds*1000); got != want {
			t.Errorf("%d s: got %q, want %q", seconds, got, want)
		}
	}
}

func TestTheAxisIsARoundNumberAboveTheBars(t *testing.T) {
	t.Parallel()
	for top, want := range map[int64]int64{0: 4, 1: 4, 5: 8, 9: 10, 11: 20, 21: 40, 1215: 2000, 1_000_001: 2_000_000} {
		if got := axis([]Bar{{Value: top}}); got != want {
			t.Errorf("top %d: axis %d, want %d", top, got, want)
		}
	}
}

func TestAThemeFromOutsideIsOneOfThree(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]Theme{"light": Light, "dark": Dark, "system": System, "": System, `"><script>`: System} {
		if got := ThemeOf(sent); got != want {
			t.Errorf("%q: got %q", sent, got)
		}
	}
}
