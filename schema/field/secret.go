package field

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"tidemark/engine/crdt"
)

// hidden is what is shown of a value that nobody may read.
const hidden = "•••"

// sealedField is a field that is written as text, and kept as an object with one
// member: what the text became. What is kept already is taken as it is.
func sealedField(member string, seal func(text string) (string, error), kept func(text string) bool) *rawField {
	return &rawField{
		schema: Schema{"anyOf": []any{Schema{"type": "string"}, Schema{"type": "object", "required": []string{member}, "additionalProperties": false, "properties": Schema{member: Schema{"type": "string"}}}}},
		check: func(value []byte) ([]byte, error) {
			if text, err := readString(value); err == nil {
				if strings.TrimSpace(text) == "" {
					return nil, nil
				}
				made, err := seal(text)
				if err != nil {
					return nil, err
				}
				return texted(map[string]string{member: made}), nil
			}
			members, isObject := crdt.Members(value)
			if !isObject || len(members) != 1 || members[0].Name != member {
				return nil, bad("type", "must be text")
			}
			if text, err := readString(members[0].Value); err != nil || !kept(text) {
				return nil, bad("secret", "must be text, or what was kept of it before")
			}
			return value, nil
		},
		show:  func([]byte, *Locale) string { return hidden },
		parse: func(text string, _ *Locale) ([]byte, error) { return writeString(text), nil },
		edit:  func([]byte) string { return "" },
	}
}

// PasswordOptions bound a password.
type PasswordOptions struct {
	Min int `json:"min" jsonschema:"title=Shortest,description=In characters,minimum=8,maximum=100"`
}

// passwordParams are those of the second choice of RFC 9106, section 4, halved in memory for servers that take many at once.
var passwordParams = &argon2id.Params{Memory: 32 * 1024, Iterations: 3, Parallelism: 2, SaltLength: 16, KeyLength: 32}

// passwordType is a password of which only a hash is kept (Argon2id, RFC 9106): {"hash":"$argon2id$..."}.
func passwordType() *Type {
	return define(Type{
		Name: "password", Label: "Password", Group: GroupSecret, About: "A password, of which only a hash is kept that nobody can read back.",
		Storage: "text", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetSecret, Cell: CellHidden, Secret: true, Library: "alexedwards/argon2id",
	}, PasswordOptions{Min: 12}, func(o PasswordOptions) (Field, error) {
		return sealedField("hash", func(text string) (string, error) {
			if err := between(utf8.RuneCountInString(text), o.Min, 1000); err != nil {
				return "", err
			}
			return argon2id.CreateHash(text, passwordParams)
		}, func(hash string) bool { return strings.HasPrefix(hash, "$argon2id$") && len(hash) < 200 }), nil
	})
}

// PasswordFits says whether a password is the one that a value keeps the hash of.
func PasswordFits(value []byte, password string) bool {
	ok, err := argon2id.ComparePasswordAndHash(password, textsOf(value)["hash"])
	return err == nil && ok
}

// SecretOptions bound a secret.
type SecretOptions struct {
	MaxBytes int `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=65536"`
}

// PlainMember is where Check leaves a secret for whoever stores the record, who seals it and puts SealedMember in its place.
const (
	PlainMember  = "plain"
	SealedMember = "sealed"
)

// secretType is a text that is encrypted where it is kept: Check gives {"plain":"..."}, which whoever stores the record must seal as {"sealed":"..."}.
func secretType() *Type {
	return define(Type{
		Name: "secret", Label: "Encrypted secret", Group: GroupSecret, About: "A text that is kept encrypted, and shown to nobody.",
		Storage: "blob", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetSecret, Cell: CellHidden, Secret: true,
	}, SecretOptions{MaxBytes: 4096}, func(o SecretOptions) (Field, error) {
		return toSeal(func(text string) (string, error) {
			if len(text) > o.MaxBytes {
				return "", bad("length", "must have at most %d bytes", o.MaxBytes)
			}
			return text, nil
		}), nil
	})
}

// toSeal is a field whose text is to be sealed by whoever stores it.
func toSeal(rule func(text string) (string, error)) *rawField {
	plain := sealedField(PlainMember, rule, func(string) bool { return false })
	check := plain.check
	plain.check = func(value []byte) ([]byte, error) {
		if members, is := crdt.Members(value); is && len(members) == 1 {
			text, err := readString(members[0].Value)
			switch {
			case err != nil:
			case members[0].Name == SealedMember:
				return value, nil
			case members[0].Name == PlainMember:
				made, err := rule(text)
				if err == nil && made != text {
					err = bad("secret", "must be text")
				}
				return value, err
			}
		}
		return check(value)
	}
	plain.schema = Schema{"anyOf": []any{Schema{"type": "string"}, Schema{"type": "object", "maxProperties": 1}}}
	return plain
}

// otpType is the seed of one-time passwords (RFC 6238), in base 32; it is kept as a secret is.
func otpType() *Type {
	return define(Type{
		Name: "otp", Label: "One-time password seed", Group: GroupSecret, About: "The seed of one-time passwords, kept encrypted.",
		Storage: "blob", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetSecret, Cell: CellHidden, Secret: true, Library: "pquerna/otp",
	}, none{}, func(none) (Field, error) {
		return toSeal(func(text string) (string, error) {
			seed := strings.ToUpper(strings.TrimRight(strings.Join(strings.Fields(text), ""), "="))
			if len(seed) < 16 || len(seed) > 128 {
				return "", bad("length", "must have 16 to 128 signs of base 32")
			}
			if _, err := OneTimePassword(seed, time.Unix(0, 0)); err != nil {
				return "", err
			}
			return seed, nil
		}), nil
	})
}

// OneTimePassword is the password of six digits that a seed gives at a time (RFC 6238, 30 s, SHA-1).
func OneTimePassword(seed string, at time.Time) (string, error) {
	code, err := totp.GenerateCodeCustom(seed, at, totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", bad("format", "must be a seed in base 32")
	}
	return code, nil
}

// cardType is what may be kept of a card's number: {"brand":"visa","last4":"4242"}; the number itself never is.
func cardType() *Type {
	return define(Type{
		Name: "card", Label: "Card number", Group: GroupSecret, About: "Of a card's number its brand and last four digits; the rest is never kept.",
		Storage: "varchar", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetLine, Cell: CellMono, Library: "go-playground/validator",
	}, none{}, func(none) (Field, error) {
		return &rawField{
			schema: Schema{"anyOf": []any{Schema{"type": "string"}, Schema{"type": "object", "required": []string{"brand", "last4"}}}},
			check:  checkCard,
			show: func(value []byte, _ *Locale) string {
				of := textsOf(value)
				return strings.TrimSpace(of["brand"] + " •••• " + of["last4"])
			},
			parse: func(text string, _ *Locale) ([]byte, error) {
				if strings.HasPrefix(strings.TrimSpace(text), "{") {
					return jsonTyped(text)
				}
				return writeString(text), nil
			},
		}, nil
	})
}

func checkCard(value []byte) ([]byte, error) {
	text, err := readString(value)
	if err != nil {
		of := textsOf(value)
		members, _ := crdt.Members(value)
		if len(members) != 2 || len(of["last4"]) != 4 || !digitsOnly(of["last4"]) || len(of["brand"]) > 20 || brands[of["brand"]] == "" && of["brand"] != "card" {
			return nil, bad("type", "must be a card's number, or what is kept of it")
		}
		return texted(of), nil
	}
	digits := strings.NewReplacer(" ", "", "-", "").Replace(trimmed(text))
	switch {
	case digits == "":
		return nil, nil
	case !digitsOnly(digits) || len(digits) < 12 || len(digits) > 19:
		return nil, bad("format", "must be a card's number of 12 to 19 digits")
	case !fits(digits, "luhn_checksum"):
		return nil, bad("checksum", "must be a card's number: a digit of it is wrong")
	}
	return texted(map[string]string{"brand": brandOf(digits), "last4": digits[len(digits)-4:]}), nil
}

// brands are those of cards, by what their numbers begin with (ISO/IEC 7812).
var brands = map[string]string{"visa": "4", "amex": "34 37", "mastercard": "51 52 53 54 55 22 23 24 25 26 27", "discover": "60 64 65", "jcb": "35", "diners": "36 38 39", "unionpay": "62"}

func brandOf(digits string) string {
	for _, name := range []string{"amex", "mastercard", "discover", "jcb", "diners", "unionpay", "visa"} {
		for _, begin := range strings.Fields(brands[name]) {
			if strings.HasPrefix(digits, begin) {
				return name
			}
		}
	}
	return "card"
}
