package redisstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Exported is one key as it is exported: all that Redis has under it and, for
// people and other programs to read, what it says. An import takes Value alone.
type Exported struct {
	Key     cell     `json:"key"`
	Type    string   `json:"type"`             // string, hash, list, set, zset, stream
	Expires int64    `json:"expires,omitzero"` // ms since 1970; 0: never
	Value   []cell   `json:"value"`            // a hash, zset or stream: name and value in turn
	Groups  []reader `json:"groups,omitempty"` // of a stream
	Says    any      `json:"says,omitempty"`
}

// cell is a string of any bytes: text where it is text, else base64 behind a zero.
type cell string

// MarshalJSON implements json.Marshaler.
func (c cell) MarshalJSON() ([]byte, error) {
	s := string(c)
	if !utf8.ValidString(s) || strings.HasPrefix(s, "\x00") {
		s = "\x00" + base64.StdEncoding.EncodeToString([]byte(s))
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *cell) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if coded, ok := strings.CutPrefix(s, "\x00"); ok {
		raw, err := base64.StdEncoding.DecodeString(coded)
		if err != nil {
			return fmt.Errorf("not base64: %w", err)
		}
		s = string(raw)
	}
	*c = cell(s)
	return nil
}

// reader is a consumer group of a stream: it goes on after the event it finished last.
type reader struct {
	Name  string `json:"name"`
	After string `json:"after"`
}

// passing are keys that mean nothing elsewhere: what is under way in a process,
// and the search index, which is built anew.
var passing = regexp.MustCompile(`^\{(board|p\d\d)\}:(mark|pulse|op:.*|holder:.*|pace:.*|cursor:.*|find:..|often|indexed)$`)

// Export gives everything in the store, key by key, under the name of a file that
// it belongs in. moved tells that the store was at work meanwhile: what was
// exported is no one moment's state.
func (s *Store) Export(ctx context.Context, give func(file string, x Exported) error, progress func(done, of int)) (moved bool, err error) {
	before, err := s.logEnds(ctx)
	if err != nil {
		return false, err
	}
	var keys []string
	if err := s.scan(ctx, "*", func(key string) error {
		if !passing.MatchString(key) {
			keys = append(keys, key)
		}
		return nil
	}); err != nil {
		return false, err
	}
	for i, key := range keys {
		x, err := s.exported(ctx, key)
		if err != nil {
			return false, fmt.Errorf("export %q: %w", key, err)
		}
		if x.Type == "none" { // gone meanwhile
			continue
		}
		if err := give(fileOf(key), x); err != nil {
			return false, err
		}
		if progress != nil && (i%1000 == 999 || i == len(keys)-1) {
			progress(i+1, len(keys))
		}
	}
	after, err := s.logEnds(ctx)
	return fmt.Sprint(before) != fmt.Sprint(after), err
}

func (s *Store) logEnds(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for _, key := range s.logs() {
		last := redis.NewXMessageSliceCmd(ctx, "xrevrange", key, "+", "-", "count", 1)
		if err := s.read(ctx, last); err != nil && !errors.Is(err, redis.Nil) {
			return nil, fmt.Errorf("read log: %w", err)
		}
		for _, x := range last.Val() {
			out[key] = x.ID
		}
	}
	return out, nil
}

// files names what a partition's keys hold.
var files = map[string]string{
	"c": "conversations", "m": "messages", "h": "history", "k": "contacts", "claim": "claims", "handle": "handles", "thread": "threads",
	"by": "indexes", "is": "indexes", "of": "indexes", "log": "log", "work": "log", "callbacks": "callbacks", "matter": "matters",
	"review": "reviews", "ticks": "reviews",
}

// fileOf is the file that a key is exported to.
func fileOf(key string) string {
	tag, rest, _ := strings.Cut(key, ":")
	name, _, _ := strings.Cut(rest, ":")
	switch {
	case tag == "{board}" && name == "log":
		return "log"
	case tag == "{board}" && name == "audit":
		return "audit"
	case !strings.HasPrefix(tag, "{p"):
		return "board"
	case files[name] != "":
		return files[name]
	}
	return "queues"
}

func (s *Store) exported(ctx context.Context, key string) (Exported, error) {
	kind, ttl := redis.NewStatusCmd(ctx, "type", key), redis.NewIntCmd(ctx, "pttl", key)
	if err := s.read(ctx, kind, ttl); err != nil {
		return Exported{}, err
	}
	x := Exported{Key: cell(key), Type: kind.Val(), Value: []cell{}}
	if left := ttl.Val(); left > 0 {
		x.Expires = ms(s.now()) + left
	}
	if x.Type == "stream" {
		return s.exportedStream(ctx, x)
	}
	command := map[string][]any{
		"string": {"get", key}, "list": {"lrange", key, 0, -1}, "set": {"smembers", key}, "hash": {"hgetall", key},
		"zset": {"zrange", key, 0, -1, "withscores"},
	}[x.Type]
	if command == nil {
		return x, nil
	}
	cmd := redis.NewCmd(ctx, command...)
	if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
		return x, err
	}
	x.Value = cells(x.Value, cmd.Val())
	x.Says = s.says(x)
	return x, nil
}

// cells lays a reply of any shape (RESP2 or 3) out in a row.
func cells(out []cell, v any) []cell {
	switch v := v.(type) {
	case string:
		return append(out, cell(v))
	case float64:
		return append(out, cell(strconv.FormatFloat(v, 'f', -1, 64)))
	case int64:
		return append(out, cell(strconv.FormatInt(v, 10)))
	case []any:
		for _, e := range v {
			out = cells(out, e)
		}
	case map[any]any:
		for _, k := range slices.SortedFunc(maps.Keys(v), func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
			out = cells(cells(out, k), v[k]) // in order, so that equal stores make equal exports
		}
	}
	return out
}

func (s *Store) exportedStream(ctx context.Context, x Exported) (Exported, error) {
	for from := "-"; ; {
		cmd := redis.NewXMessageSliceCmd(ctx, "xrange", string(x.Key), from, "+", "count", 1000)
		if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
			return x, err
		}
		for _, m := range cmd.Val() {
			value, _ := m.Values["e"].(string)
			x.Value = append(x.Value, cell(m.ID), cell(value))
			from = "(" + m.ID
		}
		if len(cmd.Val()) < 1000 {
			break
		}
	}
	groups, err := s.client.XInfoGroups(ctx, string(x.Key)).Result()
	if err != nil {
		return x, err
	}
	for _, g := range groups {
		at, err := s.finished(ctx, string(x.Key), g)
		if err != nil {
			return x, err
		}
		if g.Pending > 0 { // what is under way is given again
			at = at.before1()
		}
		x.Groups = append(x.Groups, reader{g.Name, at.String()})
	}
	return x, nil
}

// before1 is the place just before p.
func (p position) before1() position {
	if p.seq > 0 {
		return position{p.ms, p.seq - 1}
	}
	return position{max(p.ms, 1) - 1, 1<<63 - 1}
}

// says reads what a person's or a conversation's key holds.
func (s *Store) says(x Exported) any {
	f := strings.SplitN(string(x.Key), ":", 3)
	if len(f) != 3 || !strings.HasPrefix(f[0], "{p") || len(x.Value) == 0 {
		return nil
	}
	part, err := strconv.Atoi(strings.Trim(f[0], "{p}"))
	n, err2 := strconv.ParseUint(f[2], 10, 53)
	if err != nil || err2 != nil || part >= len(s.partitions) {
		return nil
	}
	id := conversations.NewID(s.number(s.partitions[part], n))
	switch f[1] {
	case "c":
		if c, err := decodeConversation(id, string(x.Value[0])); err == nil {
			return c
		}
	case "k":
		if k, err := decodeContact(conversations.ContactID("k"+string(id)), string(x.Value[0])); err == nil {
			return k
		}
	case "m":
		var out []*conversations.Message
		for i, raw := range x.Value {
			if m, err := decodeMessage(conversations.NewMessageID(id, i+1), string(raw)); err == nil {
				out = append(out, m)
			}
		}
		return out
	case "h":
		var out []conversations.Event
		for _, line := range x.Value {
			if e, err := decodeEvent(id, string(line)); err == nil {
				out = append(out, e)
			}
		}
		return out
	}
	return nil
}
