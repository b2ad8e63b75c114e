package protocol

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Limits of names, in bytes, and of lists, in elements.
const (
	MaxKey        = 512
	MaxOwner      = 128 // user ids
	MaxInstance   = 128
	MaxCollection = 64
	MaxOpID       = 64
	MaxTx         = 64
	MaxTag        = 64
	MaxTags       = 32
	MaxKeys       = 10_000 // in one subscription
	MaxFilter     = 100    // collections a pull may name
	MaxCursor     = 1024   // cursors and page tokens
	MaxEventName  = 64
)

// CheckKey says what is wrong with an item's key: an `invalid` fault with the path "key".
func CheckKey(key string) error { return checkName("key", key, MaxKey) }

// CheckOwner says what is wrong with a user id, with the path "userId". That of everyone is no user's.
func CheckOwner(id string) error {
	if id == models.Everyone {
		return fault.OfField("userId", "reserved", "must be a user's: %s is everybody", id)
	}
	return checkName("userId", id, MaxOwner)
}

// CheckHolder says what is wrong with whose an item is: a user's, or everybody's.
func CheckHolder(id string) error {
	if id == models.Everyone {
		return nil
	}
	return CheckOwner(id)
}

// CheckInstance says what is wrong with an instance id, with the path "instanceId".
func CheckInstance(id string) error { return checkName("instanceId", id, MaxInstance) }

// CheckCollection says what is wrong with the name of a collection, with the path "collection".
func CheckCollection(name string) error { return checkName("collection", name, MaxCollection) }

// CheckOpID says what is wrong with an operation id, with the path "opId".
func CheckOpID(id string) error { return checkName("opId", id, MaxOpID) }

// CheckTag says what is wrong with a tag, with the path "tag".
func CheckTag(tag string) error { return checkName("tag", tag, MaxTag) }

// CheckPrefix says what is wrong with a literal prefix of keys, which may be
// empty, with the path "prefix".
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	return checkName("prefix", prefix, MaxKey)
}

func checkName(path, name string, most int) error {
	if rule, message := nameProblem(name, most); rule != "" {
		return fault.OfField(path, rule, "%s", message)
	}
	return nil
}

// nameProblem names the rule a name breaks and says so; the rule is empty when it breaks none.
func nameProblem(name string, most int) (rule, message string) {
	switch {
	case name == "":
		return "required", "must not be empty"
	case len(name) > most:
		return "max", fmt.Sprintf("must be at most %d bytes long", most)
	case !utf8.ValidString(name):
		return "utf8", "must be UTF-8"
	case hasControl(name):
		return "control", "must not contain control characters"
	}
	return "", ""
}

// hasControl says whether s holds a character of U+0000-001F or U+007F-009F.
func hasControl(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == 0x7f || c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0 {
			return true
		}
	}
	return false
}

// subscriptionProblem is nameProblem for a key, `prefix*` or `*`.
func subscriptionProblem(key string) (rule, message string) {
	name := strings.TrimSuffix(key, "*")
	if strings.Contains(name, "*") {
		return "wildcard", "may have * as the last character only"
	}
	if name == "" && key == "*" {
		return "", ""
	}
	return nameProblem(name, MaxKey)
}
