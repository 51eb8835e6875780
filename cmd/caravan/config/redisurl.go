package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// redisURL checks the form of redis.url: redis:// or rediss://, a sign-in, one host or
// several joined by commas, a database number, ?cluster=true or ?sentinel_master=. It
// never repeats the URL, which may hold a password. unix:///path is a socket.
func redisURL(raw string) error {
	if raw == "" {
		return nil
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if ok && scheme == "unix" && strings.HasPrefix(rest, "/") {
		return nil
	}
	if !ok || scheme != "redis" && scheme != "rediss" {
		return errors.New("not redis:// or rediss://, a host and a port")
	}
	rest, query, _ := strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if _, err := url.Parse(scheme + "://" + rest[:at] + "@host"); err != nil {
			return errors.New("the user or password is not URL-encoded")
		}
		rest = rest[at+1:]
	}
	hosts, path, _ := strings.Cut(rest, "/")
	all := strings.Split(hosts, ",")
	for i, one := range all {
		if !isRedisHost(one) {
			return fmt.Errorf("host %d of %d is not a host with a port", i+1, len(all))
		}
	}
	return redisTarget(len(all), strings.Trim(path, "/"), query)
}

func isRedisHost(one string) bool {
	host, port, err := net.SplitHostPort(one)
	if err != nil { // no port: 6379
		host, port, err = net.SplitHostPort(one + ":6379")
	}
	n, bad := strconv.Atoi(port)
	return err == nil && bad == nil && host != "" && n >= 1 && n <= 65535
}

// redisTarget checks the database and the kind of deployment against each other.
func redisTarget(hosts int, database, query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("what follows ? is not key=value")
	}
	for key := range values {
		if key == "sentinel" || key == "master" || key == "sentinel_name" {
			return fmt.Errorf("unknown parameter %s; did you mean sentinel_master?", key)
		}
	}
	sentinel, cluster := values.Has("sentinel_master"), values.Get("cluster")
	if cluster != "" && cluster != "true" && cluster != "false" {
		return fmt.Errorf("cluster=%s is neither true nor false", cluster)
	}
	switch {
	case sentinel && cluster == "true":
		return errors.New("cluster and sentinel_master exclude each other")
	case sentinel && values.Get("sentinel_master") == "":
		return errors.New("sentinel_master has no name")
	case cluster == "false" && hosts > 1 && !sentinel:
		return errors.New("several hosts are a cluster, or sentinels with sentinel_master")
	}
	if database == "" {
		return nil
	}
	if n, err := strconv.Atoi(database); err != nil || n < 0 {
		return fmt.Errorf("%q is not the number of a database", database)
	} else if n > 0 && !sentinel && (cluster == "true" || hosts > 1) {
		return errors.New("a cluster has only the database 0")
	}
	return nil
}
