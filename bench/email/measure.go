package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"github.com/caravan-desk/caravan/channels/email"
)

// set is a number of mails measured together.
type set struct {
	name  string
	mails [][]byte
}

// parser reads one mail and says what it found.
type parser struct {
	name  string
	parse func(raw []byte) found
}

// found counts what came out of a mail.
type found struct{ failed, text, files int }

var parsers = []parser{
	{"caravan", func(raw []byte) found {
		m := email.Parse(raw, email.Options{})
		return found{text: lettersOf(m.Text), files: len(m.Attachments)}
	}},
	{"enmime", func(raw []byte) found {
		e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		if err != nil {
			return found{failed: 1}
		}
		return found{text: lettersOf(e.Text), files: len(e.Attachments) + len(e.Inlines) + len(e.OtherParts)}
	}},
}

// lettersOf is the size of a text without its blanks and without what stands
// for unreadable characters.
func lettersOf(s string) int {
	return len([]rune(strings.Join(strings.Fields(strings.ReplaceAll(s, "\uFFFD", "")), "")))
}

// figure is one line of the table.
type figure struct {
	rate, bytes, allocs float64 // mails/s, and a mail's worth of the other two
	found               found
}

// measure parses the mails of a set again and again.
func measure(p parser, s set, span time.Duration) figure {
	var f figure
	for _, raw := range s.mails {
		got := p.parse(raw)
		f.found.failed += got.failed
		f.found.text += got.text
		f.found.files += got.files
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, n := time.Now(), 0
	for time.Since(start) < span {
		for _, raw := range s.mails {
			p.parse(raw)
		}
		n += len(s.mails)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	f.rate = float64(n) / took.Seconds()
	f.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	f.allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
	return f
}

// printTable measures every set with every parser, in turn.
func printTable(sets []set, span time.Duration) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintln(w, "mails\tparser\tmails/s\tMB/s\tkB allocated a mail\tallocations a mail\tnot read\tletters of text\tfiles\t")
	for _, s := range sets {
		size := 0
		for _, m := range s.mails {
			size += len(m)
		}
		for _, p := range parsers {
			f := measure(p, s, span)
			fmt.Fprintf(w, "%s (%d)\t%s\t%.0f\t%.1f\t%.1f\t%.0f\t%d\t%d\t%d\t\n", s.name, len(s.mails), p.name, f.rate,
				f.rate*float64(size)/float64(len(s.mails))/1e6, f.bytes/1e3, f.allocs, f.found.failed, f.found.text, f.found.files)
		}
	}
}
