package config

import (
	"strings"
	"testing"
)

func TestRedisURL(t *testing.T) {
	for url, want := range map[string]string{
		"":                                         "",
		"redis://localhost":                        "",
		"redis://localhost:6379/0":                 "",
		"redis://:p%40ss@127.0.0.1:6379/3":         "",
		"rediss://u:p@redis.example.com:6380":      "",
		"redis://h1:1,h2:2,h3:3":                   "",
		"redis://u:p@h1:1,h2/0":                    "",
		"redis://h:6379?cluster=true":              "",
		"redis://[::1]:6379/1":                     "",
		"redis://s1:1,s2:2/2?sentinel_master=m":    "",
		"redis://h:1/2?cluster=true":               "a cluster has only the database 0",
		"redis://h1,h2/2":                          "a cluster has only the database 0",
		"redis://h1,h2?cluster=false":              "several hosts are a cluster",
		"redis://h?cluster=yes":                    "neither true nor false",
		"redis://h?cluster=true&sentinel_master=m": "exclude each other",
		"redis://h?sentinel_master=":               "has no name",
		"redis://h?master=m":                       "did you mean sentinel_master?",
		"redis://h/first":                          "not the number of a database",
		"redis://":                                 "not a host with a port",
		"unix:///run/redis/redis.sock":             "",
		"unix://run/redis.sock":                    "not redis:// or rediss://",
		"redis://h:0":                              "not a host with a port",
		"redis://h1,,h2":                           "not a host with a port",
		"redis://h:port":                           "not a host with a port",
		"redis:///var/run/redis.sock":              "not a host with a port",
		"localhost:6379":                           "not redis:// or rediss://",
		"https://u:hunter2@h":                      "not redis:// or rediss://",
		"redis://u:hunter2":                        "not a host with a port",
		"redis://u:hunter2%zz@h":                   "not URL-encoded",
		"redis://u:hunter2/x@h":                    "not URL-encoded",
	} {
		err := redisURL(url)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", url, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the password is in %q", url, err)
		}
	}
}
