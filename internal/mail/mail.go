// Package mail sends messages to people: by SMTP, or where no server is configured
// into a folder of files or the log, so that what would have been sent can be read.
package mail

import "context"

// Message is a text for one person.
type Message struct {
	To      string // an address such as name@example.com
	Subject string // one line
	Text    string // plain text
}

// Sender delivers messages. It must be safe for concurrent use. An error means that the message may not have been delivered.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
