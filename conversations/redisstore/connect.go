package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	buffer  = 16 << 10 // bytes of each connection's read and write buffer
	clients = 32       // connections for short commands
)

// Connect makes the clients for an address: redis:// or rediss:// with one host;
// several hosts separated by commas, or ?cluster=true, for Redis Cluster;
// ?sentinel_master=NAME for Sentinel; unix:///path for a socket. Nothing is
// reached yet. One client is for short commands, one for readers that block.
func Connect(address string) (client, readers redis.UniversalClient, err error) {
	o, err := options(address)
	if err != nil {
		return nil, nil, err
	}
	blocking := *o
	blocking.PoolSize = 4 * (DefaultPartitions + 1) // router, live feed, and room for more groups
	blocking.ReadTimeout = logBlock + replyTerm
	return newClient(o), newClient(&blocking), nil
}

// slotsEvery is how often the map of a cluster's slots is read again: no error
// makes go-redis do that sooner when a master dies.
const slotsEvery = time.Second

func newClient(o *redis.UniversalOptions) redis.UniversalClient {
	if !o.IsClusterMode {
		return redis.NewUniversalClient(o)
	}
	c := o.Cluster()
	c.ClusterStateReloadInterval = slotsEvery
	return redis.NewClusterClient(c)
}

// Replicated reports whether a write should count only when the replicas have
// it: so with Sentinel and Cluster, where a master may die with what it
// acknowledged and be replaced, unless the address says ?replicas=ignore.
func Replicated(address string) (bool, error) {
	o, err := options(address)
	if err != nil {
		return false, err
	}
	u, _ := url.Parse(address)
	switch given := u.Query().Get("replicas"); given {
	case "":
		return o.IsClusterMode || o.MasterName != "", nil
	case "ignore":
		return false, nil
	default:
		return false, fmt.Errorf("redis.url: replicas=%s: only ignore is known", given)
	}
}

func options(address string) (*redis.UniversalOptions, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("redis.url: not a URL")
	}
	o := &redis.UniversalOptions{
		MaxRetries: -1, ReadTimeout: replyTerm, WriteTimeout: replyTerm, DialTimeout: replyTerm, DialerRetries: 1, PoolSize: clients,
		ReadBufferSize: buffer, WriteBufferSize: buffer, ContextTimeoutEnabled: true, Protocol: 3,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if u.User != nil {
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	switch u.Scheme {
	case "unix":
		path := u.Path
		o.Addrs = []string{path}
		o.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		}
		return o, nil
	case "rediss":
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: strings.Split(u.Hostname(), ",")[0]}
	case "redis":
	default:
		return nil, fmt.Errorf("redis.url: scheme %q is not redis, rediss or unix", u.Scheme)
	}
	q := u.Query()
	for _, host := range strings.Split(u.Host, ",") {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(host, "6379")
		}
		o.Addrs = append(o.Addrs, host)
	}
	o.MasterName = q.Get("sentinel_master")
	o.IsClusterMode = o.MasterName == "" && (len(o.Addrs) > 1 || q.Get("cluster") == "true")
	if o.MasterName != "" {
		o.SentinelPassword = q.Get("sentinel_password")
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if o.DB, err = strconv.Atoi(db); err != nil {
			return nil, fmt.Errorf("redis.url: database %q is not a number", db)
		}
	}
	return o, nil
}
