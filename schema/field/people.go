package field

import (
	"strconv"
	"strings"

	"tidemark/engine/protocol"
)

func typedTarget(text string, _ *Locale) (anyTarget, error) {
	table, id, two := strings.Cut(text, "/")
	if !two {
		return anyTarget{}, bad("format", "must be a table and a key with / between")
	}
	return anyTarget{ID: id, Table: table}, nil
}

func userID(s string) error {
	if protocol.CheckOwner(s) != nil {
		return bad("format", "must be a user's id, of 1 to %d bytes", protocol.MaxOwner)
	}
	return nil
}

// userType is a user of the tenant.
func userType() *Type {
	return define(Type{
		Name: "user", Label: "User", Group: GroupRelation, About: "A user of the tenant, such as who is in charge.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetUser, Cell: CellPerson,
	}, none{}, func(none) (Field, error) {
		f := textField(protocol.MaxOwner)
		f.rule = func(s string) (string, error) { return s, userID(s) }
		f.key = func(s string) []byte { return []byte(s) }
		return user{f}, nil
	})
}

// user is a field that names a user.
type user struct{ *scalar[string] }

// Refers is the user that a value names.
func (u user) Refers(value []byte) []Reference {
	s, err := u.read(value)
	if err != nil {
		return nil
	}
	return []Reference{{To: ToUser, ID: s}}
}

// UsersOptions bound users.
type UsersOptions struct {
	Max int `json:"max" jsonschema:"title=Most,minimum=1,maximum=1000"`
}

// usersType is some users of the tenant, each once.
func usersType() *Type {
	return define(Type{
		Name: "users", Label: "Users", Group: GroupRelation, About: "Some users of the tenant, such as who takes part.",
		Storage: "join table", Merge: MergeSet, Index: ByMember, Filters: opsMembers, Widget: WidgetUsers, Cell: CellPeople,
	}, UsersOptions{Max: 100}, func(o UsersOptions) (Field, error) { return people{namesOf(o.Max, userID)}, nil })
}

// people is a field that names users.
type people struct{ *rawField }

// Keys are a key for each user.
func (p people) Keys(value []byte) [][]byte { return nameKeys(value) }

// Refers are the users that a value names.
func (p people) Refers(value []byte) []Reference {
	return referencesTo(value, Reference{To: ToUser})
}

// voteType is who voted, each once; what counts is how many.
func voteType() *Type {
	return define(Type{
		Name: "vote", Label: "Vote / like", Group: GroupRelation, About: "Who likes something, each once.",
		Storage: "join table", Merge: MergeSet, Index: ByMember, Filters: opsMembers, Widget: WidgetVote, Cell: CellNumber,
	}, none{}, func(none) (Field, error) {
		f := namesOf(10_000, userID)
		f.show = func(value []byte, in *Locale) string {
			names, _ := readNames(value)
			return in.Number(strconv.Itoa(len(names)))
		}
		return people{f}, nil
	})
}
