package config

import (
	"fmt"
	"net/netip"
)

// HTTP is where the gateway listens, and how the world sees it.
type HTTP struct {
	Listen    string `yaml:"listen"`     // host:port
	PublicURL string `yaml:"public_url"` // without a slash at its end; providers call it, signatures are checked against it
	// TrustedProxies are addresses and networks whose X-Forwarded-For tells who asks, beside this machine's own.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// Proxies are the networks of TrustedProxies; those that cannot be read are left out.
func (h HTTP) Proxies() (out []netip.Prefix) {
	for _, s := range h.TrustedProxies {
		if p, err := network(s); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// network reads an address, or a network as 10.0.0.0/8.
func network(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}
