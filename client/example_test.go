package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tidemark/client"
)

// An app writes and reads while there is no network, and syncs when there is one.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }() // it was for the example
	c, err := client.Open(ctx, client.Options{
		Path: filepath.Join(dir, "app.db"), URL: "http://127.0.0.1:9", // nobody is there
		APIKey: "sk_live_…", UserID: "user123",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	notes := c.Named("notes")
	err = errors.Join(
		notes.Set(ctx, "shopping", map[string]any{"title": "Shopping", "lines": []string{"bread"}}, client.Tags("home")),
		notes.Patch(ctx, "shopping", map[string]any{"title": "Shopping on Friday"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	note, err := notes.Get(ctx, "shopping")
	fmt.Println(string(note.Value), note.Tags, note.Pending, err)

	var refusal *client.Error
	if err := c.Sync(ctx); errors.As(err, &refusal) {
		fmt.Println(refusal.Code)
	}
	waiting, err := c.Pending(ctx)
	fmt.Println(len(waiting), waiting[0].Op, err)
	// Output:
	// {"lines":["bread"],"title":"Shopping on Friday"} [home] true <nil>
	// unavailable
	// 1 set <nil>
}
