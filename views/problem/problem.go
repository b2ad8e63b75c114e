// Package problem holds the pages for what went wrong.
package problem

// Props describe what went wrong, for a person.
type Props struct {
	Status    int
	Message   string
	RequestID string
	ErrorID   string // what the log calls it; empty: not logged as ours
	Back      string // a way on
}

// Title is the page's one line.
func (p Props) Title() string {
	switch {
	case p.Status == 401:
		return "You are signed out"
	case p.Status == 403:
		return "This is not allowed"
	case p.Status == 404:
		return "There is nothing here"
	case p.Status == 429:
		return "Too many requests"
	case p.Status == 503 || p.Status == 504:
		return "Not available right now"
	case p.Status >= 500:
		return "Something went wrong"
	default:
		return "This did not work"
	}
}
