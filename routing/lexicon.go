package routing

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

//go:embed lexicon/*.tsv
var lexiconFiles embed.FS

// builtin is the lexicon in the binary. A fault in it is a fault of the build: the tests compile it.
var builtin = sync.OnceValue(func() *lexicon {
	l, err := compile(lexiconFiles)
	if err != nil {
		panic(err)
	}
	return l
})

// edge is a known word or class that covers n tokens of a document.
type edge struct{ id, n int32 }

// rule speaks for a target when one of its patterns occurs. It counts once a message.
type rule struct {
	target string
	weight float64
	scores []int  // what target stands for
	says   string // target as an officer reads it
	hash   uint64 // the same for the same line, whatever lines stand before it
}

// lexicon is what the files in lexicon/ say, compiled so that one pass over a text finds
// everything: words and {classes} are numbers, patterns are paths over those numbers.
//
// words.tsv: class, TAB, members separated by " | ". A member may be several words, may
// end in "*" for any ending, and may be another class.
// All other files: target, TAB, weight, TAB, patterns separated by " | ". A pattern is a
// row of words and classes; "~" allows up to four words in between.
type lexicon struct {
	ids     map[string]int32
	known   table // hash of a word → id
	begins  table // hash of a word written with "*" → id
	near    table // hash of a long word with one letter taken out → id of the word
	trie    trie  // patterns
	rules   []rule
	defined map[string]bool // classes that have members
	number  int32           // the class of all numbers

	// By id of a word or {class}.
	names    []string
	classes  [][]int32 // classes it is in
	marks    []mark
	ordinals []ordinal
	numbers  []int32 // of classes that the model may know, from 1 on; 0 for any other, and a word

	kinds []uint64 // what the model knows a class by: hashes, by its number
}

const nearShort = 6 // letters a Latin word needs before a slip in it is forgiven

func compile(files fs.FS) (*lexicon, error) {
	l := &lexicon{ids: map[string]int32{}, known: newTable(), begins: newTable(), near: newTable(),
		trie: newTrie(), defined: map[string]bool{}}
	l.id("") // 0 is no word
	names, err := fs.Glob(files, "lexicon/*.tsv")
	if err != nil {
		return nil, fmt.Errorf("list lexicon: %w", err)
	}
	for _, name := range names {
		if err := l.read(files, name); err != nil {
			return nil, err
		}
	}
	for _, n := range l.names {
		if strings.HasPrefix(n, "{") && !l.defined[n] && !strings.HasPrefix(n, "{@") {
			return nil, fmt.Errorf("lexicon: class %s is used but has no members", n)
		}
	}
	l.forgive()
	l.number = l.ids["{number}"]
	for _, t := range []*table{&l.known, &l.begins, &l.near} {
		t.close()
	}
	l.trie.close(len(l.names))
	l.numbers, l.kinds = make([]int32, len(l.names)), make([]uint64, 1)
	for id, n := range l.names {
		if strings.HasPrefix(n, "{") && !strings.HasPrefix(n, "{=") {
			l.numbers[id] = int32(len(l.kinds))
			l.kinds = append(l.kinds, hashOf(seedClass, n))
		}
	}
	return l, nil
}

func (l *lexicon) read(files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("open lexicon: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := l.line(strings.HasSuffix(name, "words.tsv"), strings.Split(line, "\t")); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return lines.Err()
}

func (l *lexicon) line(classes bool, cells []string) error {
	if classes {
		if len(cells) != 2 {
			return fmt.Errorf("want class and members, have %d cells", len(cells))
		}
		return l.class(cells[0], strings.Split(cells[1], "|"))
	}
	if len(cells) != 3 {
		return fmt.Errorf("want target, weight and patterns, have %d cells", len(cells))
	}
	weight, err := strconv.ParseFloat(cells[1], 64)
	if err != nil {
		return fmt.Errorf("weight: %w", err)
	}
	scores, ok := targets[cells[0]]
	if !ok {
		return fmt.Errorf("unknown target %q", cells[0])
	}
	l.rules = append(l.rules, rule{cells[0], weight, scores, words(cells[0]), hashOf(hashOf(seedRule, cells[0]), cells[2])})
	for _, p := range strings.Split(cells[2], "|") {
		at, err := l.path(ruleRoot, p)
		if err != nil {
			return err
		}
		end := l.trie.end(at)
		end.rules = append(end.rules, int32(len(l.rules)-1))
	}
	return nil
}

func (l *lexicon) class(name string, members []string) error {
	class := l.id("{" + name + "}")
	l.defined["{"+name+"}"] = true
	for _, m := range members {
		ids, err := l.parse(m)
		if err != nil {
			return err
		}
		if len(ids) == 1 {
			l.classes[ids[0]] = append(l.classes[ids[0]], class)
			continue
		}
		at, err := l.path(classRoot, m)
		if err != nil {
			return err
		}
		end := l.trie.end(at)
		end.classes = append(end.classes, class)
	}
	return nil
}

// path enters a pattern under a root of the trie and returns its last node.
func (l *lexicon) path(root int32, pattern string) (int32, error) {
	ids, err := l.parse(pattern)
	if err != nil {
		return 0, err
	}
	l.marks[ids[0]] |= starts[root]
	return l.trie.path(root, ids), nil
}

// parse turns a pattern into numbers; "~" is 0.
func (l *lexicon) parse(pattern string) ([]int32, error) {
	var ids []int32
	var d document
	for _, w := range strings.Fields(pattern) {
		switch {
		case w == "~":
			ids = append(ids, 0)
			continue
		case w[0] == '{' && w[len(w)-1] == '}':
			ids = append(ids, l.id(w))
			continue
		}
		stem := strings.TrimSuffix(w, "*")
		d.reset(stem)
		if len(d.tokens) == 0 {
			return nil, fmt.Errorf("nothing left of %q in pattern %q", w, pattern)
		}
		for i := range d.tokens {
			id := l.id(string(d.word(i)))
			if i == len(d.tokens)-1 && stem != w {
				id = l.id(string(d.word(i)) + "*")
				l.begins.of[hashOf(seedWord, d.word(i))] = id
			}
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || ids[0] == 0 || ids[len(ids)-1] == 0 {
		return nil, fmt.Errorf("pattern %q is empty or starts or ends with ~", pattern)
	}
	return ids, nil
}

func (l *lexicon) id(word string) int32 {
	if id, ok := l.ids[word]; ok {
		return id
	}
	id := int32(len(l.names))
	l.names = append(l.names, word)
	l.classes = append(l.classes, nil)
	l.marks = append(l.marks, markOf(word))
	l.ordinals = append(l.ordinals, ordinalOf(word))
	l.ids[word] = id
	if word == "" {
		return id
	}
	l.known.of[hashOf(seedWord, word)] = id
	if b := []byte(word); arabizi(b) {
		if k := skeleton(b); len(k) >= 3 {
			key := hashOf(seedWord, "'"+string(k))
			if _, taken := l.known.of[key]; !taken {
				l.known.of[key] = id
			}
		}
	}
	return id
}
