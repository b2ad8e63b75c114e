// Package browser holds only tests: they look at the console in a real Chromium,
// driven by playwright-core. gallery.mjs walks every part and page state, and
// story.mjs does what a person would do. TIDEMARK_PICTURES names a folder for
// screenshots.
package browser
