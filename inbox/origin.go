package inbox

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
)

// hops is how a request came here: who asks, and what proxies say of whom they asked for.
type hops struct {
	peer      netip.Addr
	forwarded string // X-Forwarded-For, the latest hop last
}

func hopsOf(ctx huma.Context) hops {
	peer, _ := netip.ParseAddr(humafiber.Unwrap(ctx).Context().RemoteIP().String())
	var lines []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			lines = append(lines, value)
		}
	})
	return hops{peer.Unmap(), strings.Join(lines, ",")}
}

// origin is the network that a request comes from: one address, or 64 bits of IPv6, of which
// one customer of a provider has all. A hop is believed only as far as trusted proxies tell
// of it, so nobody chooses his own.
func (h hops) origin(trusted []netip.Prefix) netip.Prefix {
	addr, told := h.peer, strings.Split(h.forwarded, ",")
	for len(told) > 0 && (addr.IsLoopback() || slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })) {
		hop := strings.TrimSpace(told[len(told)-1])
		next, err := netip.ParseAddr(hop)
		if err != nil {
			at, err := netip.ParseAddrPort(hop)
			if err != nil {
				break
			}
			next = at.Addr()
		}
		addr, told = next.Unmap(), told[:len(told)-1]
	}
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.WithZone("").Prefix(bits)
	return p
}
