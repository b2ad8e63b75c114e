package field

import (
	"net"
	"net/netip"
	"strings"
)

// IPOptions say which addresses may be.
type IPOptions struct {
	Version string `json:"version" jsonschema:"title=Version,enum=any,enum=4,enum=6"`
}

func (o IPOptions) allows(a netip.Addr) error {
	if o.Version == "4" && !a.Is4() || o.Version == "6" && !a.Is6() {
		return bad("option", "must be of IP version %s", o.Version)
	}
	return nil
}

// ipType is an address of the internet protocol in its shortest form, without a zone; those of version 4 sort first.
func ipType() *Type {
	return define(Type{
		Name: "ip", Label: "IP address", Group: GroupText, About: "An address of the internet protocol, version 4 or 6.",
		Storage: "varbinary(16)", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "net/netip",
	}, IPOptions{Version: "any"}, func(o IPOptions) (Field, error) {
		f := textField(45)
		f.rule = func(s string) (string, error) {
			a, err := netip.ParseAddr(trimmed(s))
			if err != nil || a.Zone() != "" {
				return "", bad("format", "must be an IP address such as 192.0.2.1 or 2001:db8::1")
			}
			a = a.Unmap()
			return a.String(), o.allows(a)
		}
		f.key = func(s string) []byte {
			a, _ := netip.ParseAddr(s)
			return addressKey(a)
		}
		return f, nil
	})
}

func addressKey(a netip.Addr) []byte { return append([]byte{byte(a.BitLen() / 8)}, a.AsSlice()...) }

// cidrType is a network: an address and how many bits of it count, the others being zero.
func cidrType() *Type {
	return define(Type{
		Name: "cidr", Label: "Network (CIDR)", Group: GroupText, About: "A network, such as 10.0.0.0/8.",
		Storage: "varbinary(17)", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "net/netip",
	}, IPOptions{Version: "any"}, func(o IPOptions) (Field, error) {
		f := textField(49)
		f.rule = func(s string) (string, error) {
			p, err := netip.ParsePrefix(trimmed(s))
			if err != nil || p.Addr().Is4In6() {
				return "", bad("format", "must be a network such as 10.0.0.0/8")
			}
			return p.Masked().String(), o.allows(p.Addr())
		}
		f.key = func(s string) []byte {
			p, _ := netip.ParsePrefix(s)
			return append(addressKey(p.Addr()), byte(p.Bits()))
		}
		return f, nil
	})
}

// macType is the address of a network card, six bytes with colons between.
func macType() *Type {
	return define(Type{
		Name: "mac", Label: "MAC address", Group: GroupText, About: "The address of a network card, such as 00:1b:44:11:3a:b7.",
		Storage: "varchar(17)", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Lead: true, Library: "net",
	}, none{}, func(none) (Field, error) {
		f := textField(17)
		f.rule = func(s string) (string, error) {
			a, err := net.ParseMAC(strings.ReplaceAll(trimmed(s), " ", ":"))
			if err != nil || len(a) != 6 {
				return "", bad("format", "must be six bytes such as 00:1b:44:11:3a:b7")
			}
			return a.String(), nil
		}
		return f, nil
	})
}
