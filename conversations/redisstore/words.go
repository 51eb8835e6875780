package redisstore

import (
	_ "embed"
	"strings"
)

// Words that records say often are stored by their place in this list, one a line.
// A place never changes: new words go to the end.
//
//go:embed words.txt
var wordList string

// wordMost is the length of the longest word worth looking up, in bytes.
const wordMost = 32

var words = strings.Fields(wordList)

var wordPlace = func() map[string]uint64 {
	m := make(map[string]uint64, len(words))
	for i, w := range words {
		m[w] = uint64(i)
	}
	return m
}()
