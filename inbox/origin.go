package inbox

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
)

// hops is how a request came here: who asks, and what proxies say of whom they asked for.
type hops struct {
	peer      netip.Addr
	forwarded string // X-Forwarded-For, the latest hop last
	local     bool   // see local
}

// Resolve implements huma.Resolver.
func (h *hops) Resolve(ctx huma.Context) []error {
	*h = hopsOf(ctx)
	return nil
}

func hopsOf(ctx huma.Context) hops {
	peer, _ := netip.ParseAddr(humafiber.Unwrap(ctx).Context().RemoteIP().String())
	var lines []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			lines = append(lines, value)
		}
	})
	return hops{peer.Unmap(), strings.Join(lines, ","), local(humafiber.Unwrap(ctx))}
}

// local reports whether a request was made on this machine, to its own address, and not for a
// proxy: then it came without TLS whatever PublicURL says, and no client would send a Secure
// cookie back (but for some browsers). A proxy that hides all of itself is told by a browser's Origin.
func local(c *fiber.Ctx) bool {
	for _, name := range []string{fiber.HeaderXForwardedFor, fiber.HeaderXForwardedProto, fiber.HeaderXForwardedHost, fiber.HeaderForwarded, fiber.HeaderVia} {
		if c.Get(name) != "" {
			return false
		}
	}
	host := c.Get(fiber.HeaderHost)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	to, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return c.Context().RemoteIP().IsLoopback() && (host == "localhost" || err == nil && to.IsLoopback()) &&
		!strings.HasPrefix(c.Get(fiber.HeaderOrigin), "https:")
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
