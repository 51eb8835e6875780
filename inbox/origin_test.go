package inbox

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOrigin(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/48")}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.7", "", "203.0.113.7/32"},
		{"203.0.113.7", "198.51.100.1", "203.0.113.7/32"}, // a stranger says what he likes
		{"127.0.0.1", "", "127.0.0.1/32"},
		{"127.0.0.1", "198.51.100.1", "198.51.100.1/32"},
		{"::1", "198.51.100.1:4711", "198.51.100.1/32"},
		{"10.1.2.3", "1.1.1.1, 198.51.100.1", "198.51.100.1/32"}, // what he sent himself stands before
		{"10.1.2.3", "198.51.100.1, 10.9.9.9,127.0.0.1", "198.51.100.1/32"},
		{"10.1.2.3", "198.51.100.1, unknown", "10.1.2.3/32"},
		{"2001:db8:f::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:f::1", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"},
		{"::ffff:203.0.113.7", "", "203.0.113.7/32"},
	} {
		h := hops{peer: netip.MustParseAddr(c.peer).Unmap(), forwarded: c.forwarded}
		if got := h.origin(trusted).String(); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

// Whatever a stranger writes into the header before the proxy adds its line, he is the same.
func TestOriginIsNotChosen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		forged := rapid.SliceOf(rapid.SampledFrom([]string{"127.0.0.1", "10.0.0.1", "8.8.8.8", "::1", "x", ""})).Draw(t, "forged")
		h := hops{peer: netip.MustParseAddr("127.0.0.1"), forwarded: strings.Join(append(forged, " 203.0.113.7"), ",")}
		if got := h.origin(nil).String(); got != "203.0.113.7/32" {
			t.Fatalf("%q: %s", h.forwarded, got)
		}
	})
}
