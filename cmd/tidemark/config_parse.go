package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidemark/access"
	"tidemark/internal/fault"
)

// Each function here makes the setter of a variable. A setter's error says what
// is wrong after the variable's name; setters of secrets never quote the value.

func text(to *string) func(string) error {
	return func(raw string) error { *to = raw; return nil }
}

func secret(to *Secret) func(string) error {
	return func(raw string) error { *to = NewSecret(raw); return nil }
}

func boolean(to *bool) func(string) error {
	return func(raw string) error {
		switch strings.ToLower(raw) {
		case "true", "1", "yes", "on":
			*to = true
		case "false", "0", "no", "off":
			*to = false
		default:
			return fmt.Errorf("must be true or false, not %q", raw)
		}
		return nil
	}
}

func oneOf(to *string, choices ...string) func(string) error {
	return func(raw string) error {
		*to = strings.ToLower(raw)
		if !slices.Contains(choices, *to) {
			return fmt.Errorf("must be one of %s, not %q", strings.Join(choices, ", "), raw)
		}
		return nil
	}
}

func integer(to *int, least, most int) func(string) error {
	return func(raw string) error {
		n, err := strconv.Atoi(raw)
		if err != nil {
			return fmt.Errorf("must be a whole number, not %q", raw)
		}
		if n < least || n > most {
			return fmt.Errorf("must be from %d to %d, not %d", least, most, n)
		}
		*to = n
		return nil
	}
}

// zeroOr takes 0, or a whole number within bounds.
func zeroOr(to *int, least, most int) func(string) error {
	return func(raw string) error {
		if err := integer(to, 0, most)(raw); err != nil {
			return err
		}
		if *to != 0 && *to < least {
			return fmt.Errorf("must be 0, or from %d to %d, not %q", least, most, raw)
		}
		return nil
	}
}

// optional is a number from 1 that stays 0 when unset.
func optional(to *int, most int) func(string) error {
	set := integer(to, 1, most)
	return func(raw string) error {
		if raw == "" {
			return nil
		}
		return set(raw)
	}
}

func scaled(to *int64, unit int64, least, most int) func(string) error {
	return func(raw string) error {
		var n int
		err := integer(&n, least, most)(raw)
		*to = int64(n) * unit
		return err
	}
}

func hours(to *time.Duration, least, most int) func(string) error {
	return func(raw string) error {
		var n int
		err := integer(&n, least, most)(raw)
		*to = time.Duration(n) * time.Hour
		return err
	}
}

func match(to *string, pattern *regexp.Regexp, want string) func(string) error {
	return func(raw string) error {
		if raw != "" && !pattern.MatchString(raw) {
			return fmt.Errorf("must be %s, not %q", want, raw)
		}
		*to = raw
		return nil
	}
}

func host(to *string) func(string) error {
	return func(raw string) error {
		if strings.ContainsAny(raw, "/: \t") && net.ParseIP(raw) == nil {
			return fmt.Errorf("must be an address or a host name, not %q", raw)
		}
		*to = raw
		return nil
	}
}

var days = regexp.MustCompile(`^(\d{1,5})d$`)

// duration reads 30s, 15m, 1h, and days as 7d.
func duration(to *time.Duration) func(string) error {
	return func(raw string) error {
		if m := days.FindStringSubmatch(raw); m != nil {
			raw = m[1] + "d"
			n, _ := strconv.Atoi(m[1]) // five digits always parse
			*to = time.Duration(n) * 24 * time.Hour
		} else {
			d, err := time.ParseDuration(raw)
			if err != nil {
				return fmt.Errorf("must be a duration such as 30s, 1h or 7d, not %q", raw)
			}
			*to = d
		}
		if *to <= 0 {
			return fmt.Errorf("must be longer than nothing, not %q", raw)
		}
		return nil
	}
}

func file(to *string) func(string) error {
	return func(raw string) error {
		*to = raw
		if raw == "" {
			return nil
		}
		info, err := os.Stat(raw)
		if err != nil || info.IsDir() {
			return fmt.Errorf("must name a file that can be read, not %q", raw)
		}
		return nil
	}
}

// items splits a comma list and drops what is empty.
func items(raw string) []string {
	var list []string
	for s := range strings.SplitSeq(raw, ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func prefixes(to *[]netip.Prefix) func(string) error {
	return func(raw string) error {
		*to = nil
		for _, s := range items(raw) {
			if s == "loopback" {
				*to = append(*to, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
				continue
			}
			p, err := netip.ParsePrefix(s)
			if a, aerr := netip.ParseAddr(s); aerr == nil {
				p, err = netip.PrefixFrom(a, a.BitLen()), nil
			}
			if err != nil {
				return fmt.Errorf("must be addresses, networks or loopback by comma, not %q", s)
			}
			*to = append(*to, p.Masked())
		}
		return nil
	}
}

func origins(to *[]string) func(string) error {
	return func(raw string) error {
		*to = items(raw)
		for _, s := range *to {
			u, err := url.Parse(s)
			if s != "*" && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != s || strings.Contains(s, "*")) {
				return fmt.Errorf("must be origins such as https://app.example.com by comma, not %q", s)
			}
		}
		return nil
	}
}

func scopes(to *[]string) func(string) error {
	return func(raw string) error {
		var list []string
		if json.Unmarshal([]byte(raw), &list) != nil || len(list) == 0 {
			return fmt.Errorf(`must be a JSON array of scopes such as ["read", "write"], not %q`, raw)
		}
		*to = list
		if err := access.CheckScopes(list); err != nil {
			return fmt.Errorf("%s: %q", fault.From(err).Fields[0].Message, raw)
		}
		return nil
	}
}

// emulator is a host and a port on this machine, or nothing.
func emulator(to *string) func(string) error {
	return func(raw string) error {
		*to = raw
		if raw == "" {
			return nil
		}
		host, port, err := net.SplitHostPort(raw)
		if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 1 || n > 65535 || !loopback(host) {
			return fmt.Errorf("must be a host and a port on this machine, such as 127.0.0.1:9099, not %q", raw)
		}
		return nil
	}
}

func jsonSecret(to *Secret) func(string) error {
	return func(raw string) error {
		var object map[string]any
		if raw != "" && json.Unmarshal([]byte(raw), &object) != nil {
			return errors.New("must be a JSON object")
		}
		*to = NewSecret(raw)
		return nil
	}
}
