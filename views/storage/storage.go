// Package storage holds the pages of a tenant's items: the list in folders or
// one by one, an item with its history and its form, what is done to many items
// at once, and the jobs that do it.
package storage
