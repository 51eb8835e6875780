//go:build unix

package redistest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The wire is RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/.

// readCommand reads one command as a client sends it: an array of bulk strings, or a
// line of words. It returns the bytes as they came and the words in them.
func readCommand(r *bufio.Reader) (raw []byte, words []string, err error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, nil, err
	}
	if line[0] != '*' {
		return line, strings.Fields(string(line)), nil
	}
	n, err := length(line)
	if err != nil {
		return nil, nil, err
	}
	raw = line
	for range n {
		head, err := r.ReadBytes('\n')
		if err != nil {
			return nil, nil, err
		}
		size, err := length(head)
		if err != nil {
			return nil, nil, err
		}
		body := make([]byte, size+2)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, nil, err
		}
		raw = append(append(raw, head...), body...)
		words = append(words, string(body[:size]))
	}
	return raw, words, nil
}

// readReply reads one whole reply, however nested. Pushed data (RESP3 ">") answers
// no command.
func readReply(r *bufio.Reader) (raw []byte, pushed bool, err error) {
	raw, err = appendReply(nil, r)
	return raw, len(raw) > 0 && raw[0] == '>', err
}

func appendReply(raw []byte, r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return raw, err
	}
	raw = append(raw, line...)
	items := 0
	switch line[0] {
	case '$', '=', '!': // a string of so many bytes; -1 is null
		size, err := length(line)
		if err != nil || size < 0 {
			return raw, err
		}
		body := make([]byte, size+2)
		if _, err := io.ReadFull(r, body); err != nil {
			return raw, err
		}
		return append(raw, body...), nil
	case '*', '~', '>':
		items, err = length(line)
	case '%':
		items, err = length(line)
		items *= 2
	case '|': // attributes, and then the reply they belong to
		items, err = length(line)
		items = items*2 + 1
	}
	if err != nil {
		return raw, err
	}
	for range items {
		if raw, err = appendReply(raw, r); err != nil {
			return raw, err
		}
	}
	return raw, nil
}

func length(line []byte) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(string(line[1:])))
	if err != nil {
		return 0, fmt.Errorf("read length of %q: %w", line, err)
	}
	return n, nil
}
