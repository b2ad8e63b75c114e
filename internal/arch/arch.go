// Package arch holds no code, only the tests that keep the house in order:
// which room may import which (imports_test.go), and what no file may contain
// (text_test.go, size_test.go). The rules are told in docs/ARCHITECTURE.md.
package arch
