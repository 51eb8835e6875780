package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/jhillyerd/enmime/v2"

	"github.com/caravan-desk/caravan/channels/email"
)

// set is a number of mails measured together.
type set struct {
	name  string
	mails [][]byte
	want  []string // the text that each is known to hold, where it is
}

// parser reads one mail and says what it found.
type parser struct {
	name  string
	parse func(raw []byte) found
}

// found counts what came out of a mail.
type found struct {
	failed, files int
	text          string // all that a reader would see
	read          int    // mails of which nine words in ten were read
}

var parsers = []parser{
	{"caravan", func(raw []byte) found {
		m := email.Parse(raw, email.Options{})
		return found{text: m.Text + " " + m.HTML, files: len(m.Attachments)}
	}},
	{"caravan, at intake", func(raw []byte) found { // the safe HTML is made when somebody looks at it
		m := email.Parse(raw, email.Options{NoHTML: true})
		return found{text: m.Text, files: len(m.Attachments)}
	}},
	{"enmime", func(raw []byte) found {
		e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		if err != nil {
			return found{failed: 1}
		}
		return found{text: e.Text + " " + e.HTML, files: len(e.Attachments) + len(e.Inlines) + len(e.OtherParts)}
	}},
}

// holds reports whether nine in ten of the words are in the text.
func holds(text, words string) bool {
	have := map[string]bool{}
	letters := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, w := range strings.FieldsFunc(text, letters) {
		have[w] = true
	}
	all, hits := 0, 0
	for _, w := range strings.FieldsFunc(words, letters) {
		all++
		if have[w] {
			hits++
		}
	}
	return hits*10 >= all*9
}

// figure is one line of the table.
type figure struct {
	rate, bytes, allocs float64 // mails a second of CPU, and a mail's worth of the other two
}

// rounds is how often each parser is measured, in turn; the median counts.
const rounds = 5

// finds parses each mail of a set once and adds up what came out.
func finds(p parser, s set) (sum found) {
	for i, raw := range s.mails {
		got := p.parse(raw)
		sum.failed += got.failed
		sum.files += got.files
		if i < len(s.want) && got.failed == 0 && holds(got.text, s.want[i]) {
			sum.read++
		}
	}
	return sum
}

// measure parses the mails of a set again and again.
func measure(p parser, s set, span time.Duration) (f figure) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, used, n := time.Now(), cpu(), 0
	for time.Since(start) < span {
		for _, raw := range s.mails {
			p.parse(raw)
		}
		n += len(s.mails)
	}
	took := cpu() - used
	runtime.ReadMemStats(&after)
	f.rate = float64(n) / took.Seconds()
	f.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	f.allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
	return f
}

// cpu is what this process has computed so far, on all cores: what others do on the
// machine at the same time does not count.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// printTable measures every set with every parser, in turn.
func printTable(sets []set, span time.Duration) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintln(w, "mails\tparser\tmails a CPU second\tMB\tkB allocated a mail\tallocations a mail\tnot read\ttext read\tfiles\t")
	for _, s := range sets {
		size := 0
		for _, m := range s.mails {
			size += len(m)
		}
		figures := make([][]figure, len(parsers))
		for range rounds {
			for i, p := range parsers {
				figures[i] = append(figures[i], measure(p, s, span/rounds))
			}
		}
		for i, p := range parsers {
			slices.SortFunc(figures[i], func(a, b figure) int { return cmp.Compare(a.rate, b.rate) })
			f, got := figures[i][rounds/2], finds(p, s)
			read := "-"
			if len(s.want) > 0 {
				read = fmt.Sprintf("%d of %d", got.read, len(s.want))
			}
			fmt.Fprintf(w, "%s (%d)\t%s\t%.0f\t%.1f\t%.1f\t%.0f\t%d\t%s\t%d\t\n", s.name, len(s.mails), p.name, f.rate,
				f.rate*float64(size)/float64(len(s.mails))/1e6, f.bytes/1e3, f.allocs, got.failed, read, got.files)
		}
	}
}
