package tenants

import (
	"strings"

	"tidemark/views/ui"
)

// What of a tenant is encrypted where it is kept.
const (
	EncryptNothing = "off"
	EncryptAll     = "all"
	EncryptSome    = "patterns"
)

// EncryptionProps are the form of what of a tenant is encrypted.
type EncryptionProps struct {
	CSRF     string
	Row      Row
	Version  int64
	Mode     string // EncryptNothing, EncryptAll or EncryptSome
	Patterns string // one a line
	Error    string // over the form
	Wrong    string // with the patterns
	TooLate  bool   // somebody else saved meanwhile
	NoMaster bool   // no master key is configured
	Key      int64  // written with; 0: none yet
	KeyAt    int64
	Job      *EncryptionJob // the last one; nil: there was none
	Now      int64
}

// EncryptionJob is how far the rows of a tenant are in the form its setting asks for.
type EncryptionJob struct {
	State       ui.JobState
	Done, Total int64
	UpdatedAt   int64
	Error       string
}

func (p EncryptionProps) action() string { return settings(p.Row.ID) + "/encryption" }

func (p EncryptionProps) modes() []ui.Option {
	return []ui.Option{
		{Value: EncryptNothing, Label: "Nothing", Selected: p.Mode == EncryptNothing},
		{Value: EncryptAll, Label: "Every value", Selected: p.Mode == EncryptAll},
		{Value: EncryptSome, Label: "Values of the patterns below", Selected: p.Mode == EncryptSome},
	}
}

func (p EncryptionProps) rows() int { return min(10, max(3, strings.Count(p.Patterns, "\n")+2)) }

func (p EncryptionProps) problems() []ui.FieldError {
	if p.Wrong == "" {
		return nil
	}
	return []ui.FieldError{{ID: "encryption-patterns", Message: p.Wrong}}
}
