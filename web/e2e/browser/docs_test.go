package browser

import "testing"

// TestTheDocumentsAreTriedOutInABrowserWithoutANetwork: "Try it" on GET /health answers.
func TestTheDocumentsAreTriedOutInABrowserWithoutANetwork(t *testing.T) {
	drive(t, "docs.mjs", house(t).URL)
}
