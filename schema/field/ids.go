package field

import (
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
)

// formatted is a field of text that is read in one form and written in another; a text that has no such form is refused with a message.
func formatted(most int, message string, form func(s string) (string, bool)) *scalar[string] {
	f := textField(most)
	f.rule = func(s string) (string, error) {
		made, ok := form(trimmed(s))
		if !ok {
			return "", bad("format", "%s", message)
		}
		return made, nil
	}
	return f
}

// uuidType is a UUID (RFC 9562) in lower case with hyphens.
func uuidType() *Type {
	return define(Type{
		Name: "uuid", Label: "UUID", Group: GroupIdentifier, About: "A universally unique identifier.",
		Storage: "binary(16)", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLine, Cell: CellMono, Library: "google/uuid",
	}, none{}, func(none) (Field, error) {
		f := formatted(36, "must be a UUID such as 0190a1b2-0000-7000-8000-000000000000", func(s string) (string, bool) {
			id, err := uuid.Parse(s)
			return id.String(), err == nil
		})
		f.schema["format"] = "uuid"
		return f, nil
	})
}

// ulidType is a ULID, 26 signs of Crockford's base 32 in upper case; they sort by their time.
func ulidType() *Type {
	return define(Type{
		Name: "ulid", Label: "ULID", Group: GroupIdentifier, About: "An identifier that sorts by the time it was made.",
		Storage: "binary(16)", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Library: "oklog/ulid",
	}, none{}, func(none) (Field, error) {
		return formatted(26, "must be a ULID such as 01ARZ3NDEKTSV4RRFFQ69G5FAV", func(s string) (string, bool) {
			id, err := ulid.ParseStrict(strings.ToUpper(s))
			return id.String(), err == nil
		}), nil
	})
}

// semverType is a version as Semantic Versioning 2.0.0 has it; versions sort by their precedence.
func semverType() *Type {
	return define(Type{
		Name: "semver", Label: "Version", Group: GroupIdentifier, About: "A version such as 1.4.0-beta.2; versions sort as they follow each other.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "Masterminds/semver",
	}, none{}, func(none) (Field, error) {
		f := formatted(100, "must be a version such as 1.4.0", func(s string) (string, bool) {
			v, err := semver.StrictNewVersion(strings.TrimPrefix(s, "v"))
			if err != nil || len(s) > 100 {
				return "", false
			}
			return v.String(), true
		})
		f.key = semverKey
		return f, nil
	})
}

// semverKey sorts versions: numbers by their length first, what comes before a release before it, parts that are numbers before others.
func semverKey(s string) []byte {
	v, err := semver.StrictNewVersion(s)
	if err != nil {
		return nil
	}
	var key []byte
	for _, n := range []uint64{v.Major(), v.Minor(), v.Patch()} {
		key = append(key, keyCount(n)...)
	}
	if v.Prerelease() == "" {
		return append(key, 0xff)
	}
	for _, part := range strings.Split(v.Prerelease(), ".") {
		if strings.Trim(part, "0123456789") == "" {
			key = append(append(key, 1, byte(len(part))), part...)
		} else {
			key = append(append(append(key, 2), part...), 0)
		}
	}
	return append(key, 0)
}

// keyCount is a key of a number that is short where the number is.
func keyCount(n uint64) []byte {
	key := []byte{0}
	for shift := 56; shift >= 0; shift -= 8 {
		if b := byte(n >> shift); b != 0 || len(key) > 1 {
			key = append(key, b)
		}
	}
	key[0] = byte(len(key))
	return key
}
