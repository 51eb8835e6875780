package when

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write what is read now into testdata; look at the difference before you keep it")

const minute = "2006-01-02T15:04"

// phrase is one line of testdata/phrases.tsv.
type phrase struct {
	now         time.Time
	text        string
	from, until string
}

func phrases(t testing.TB) (list []phrase, lines []string) {
	t.Helper()
	file, err := os.ReadFile("testdata/phrases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Time{}
	for line := range strings.Lines(string(file)) {
		line = strings.TrimRight(line, "\n")
		lines = append(lines, line)
		cells := strings.Split(line, "\t")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			f := strings.Fields(line)
			tz, err := time.LoadLocation(f[2])
			if err != nil {
				t.Fatal(err)
			}
			if now, err = time.ParseInLocation(minute, f[1], tz); err != nil {
				t.Fatal(err)
			}
		case len(cells) < 2:
			t.Fatalf("no window in %q", line)
		default:
			p := phrase{now: now, text: cells[0], from: cells[1], until: "-"}
			if len(cells) > 2 {
				p.until = cells[2]
			}
			list = append(list, p)
		}
	}
	return list, lines
}

func (p phrase) read() (from, until string) {
	w, ok := Read(p.text, p.now, p.now.Location())
	if !ok {
		return "-", "-"
	}
	return show(w.NotBefore), show(w.Until)
}

func show(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(minute)
}

func TestPhrases(t *testing.T) {
	list, lines := phrases(t)
	if len(list) < 400 {
		t.Errorf("%d phrases are too few", len(list))
	}
	next := 0
	for i, line := range lines {
		if line == "" || line[0] == '#' || line[0] == '@' {
			continue
		}
		p := list[next]
		next++
		from, until := p.read()
		if *update {
			lines[i] = strings.Join([]string{p.text, from, until}, "\t")
		} else if from != p.from || until != p.until {
			t.Errorf("%s %s: %q is %s to %s, want %s to %s", p.now.Format(minute), p.now.Location(), p.text, from, until, p.from, p.until)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/phrases.tsv", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Capitals, digits of another script, diacritics and tatweel change nothing.
func TestSpellingDoesNotMatter(t *testing.T) {
	list, _ := phrases(t)
	for name, change := range map[string]func(string) string{
		"capitals": strings.ToUpper,
		"arabic digits": func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r - '0' + '٠'
				}
				return r
			}, s)
		},
		"persian digits": func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r - '0' + '۰'
				}
				return r
			}, s)
		},
		"diacritics": func(s string) string { return afterArabic(s, "\u064e") },
		"tatweel":    func(s string) string { return afterArabic(s, "ـ") },
		"isolates":   func(s string) string { return "\u2067" + s + "\u2069" },
	} {
		for _, p := range list {
			from, until := p.read()
			p.text = change(p.text)
			if f, u := p.read(); f != from || u != until {
				t.Errorf("%s: %q is %s to %s, want %s to %s", name, p.text, f, u, from, until)
			}
		}
	}
}

func afterArabic(s, mark string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		if unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) {
			b.WriteString(mark)
		}
	}
	return b.String()
}

// sane is what every window must be.
func sane(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string, now time.Time) {
	t.Helper()
	w, ok := Read(text, now, now.Location())
	switch {
	case !ok && w != (Window{}):
		t.Fatalf("%q: no window, and %+v", text, w)
	case !ok:
	case w.NotBefore.Before(now.Truncate(time.Minute)):
		t.Fatalf("%q at %s begins in the past: %+v", text, now, w)
	case !w.Until.IsZero() && !w.Until.After(w.NotBefore):
		t.Fatalf("%q at %s ends before it begins: %+v", text, now, w)
	case w.NotBefore.After(now.AddDate(60, 0, 0)):
		t.Fatalf("%q at %s is %+v", text, now, w)
	}
}

func TestEveryWindowIsSane(t *testing.T) {
	list, _ := phrases(t)
	var words []string
	for _, p := range list {
		words = append(words, strings.Fields(p.text)...)
	}
	zones := []string{"Asia/Riyadh", "Asia/Kuala_Lumpur", "Europe/London", "America/New_York", "UTC", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		tz, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 3*366*24*60).Draw(t, "minute"), 0, 0, tz)
		sane(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 12).Draw(t, "words"), " "), now)
	})
}

func FuzzRead(f *testing.F) {
	list, _ := phrases(f)
	for _, p := range list {
		f.Add(p.text, p.now.Unix())
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(1_700_000_000+(unix&0xfffffff), 0).In(list[0].now.Location())
		sane(t, text, now)
	})
}

// A wish counts as asked for as soon as possible only if nothing else was said.
func TestSoon(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.FixedZone("Asia/Riyadh", 3*3600))
	for text, want := range map[string]bool{"now": true, "asap please": true, "sekarang": true, "الحين": true, "in a bit": false, "now or at 5": false} {
		if w, ok := Read(text, now, now.Location()); !ok || w.Soon != want {
			t.Errorf("%q: %+v, %v", text, w, ok)
		}
	}
}

// A bare offset has no city: prayers are near those of its meridian.
func TestBareOffset(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.FixedZone("", 3*3600))
	w, ok := Read("after Asr", now, now.Location())
	if !ok || w.NotBefore.Hour() < 14 || w.NotBefore.Hour() > 16 {
		t.Errorf("%+v, %v", w, ok)
	}
}

func BenchmarkRead(b *testing.B) {
	list, _ := phrases(b)
	for i := 0; b.Loop(); i++ {
		p := list[i%len(list)]
		Read(p.text, p.now, p.now.Location())
	}
}

// In the Gulf qaf is written with a letter of Persian; what is folded alike is read alike.
func TestLettersOfTheGulf(t *testing.T) {
	for written, want := range map[string]string{"دگيگة": "دقيقه", "دَقِيقَة": "دقيقه", "Pukul": "pukul", "٣": "3"} {
		if got := cut(written); len(got) != 1 || got[0].word != want {
			t.Errorf("%q is read as %+v, want %q", written, got, want)
		}
	}
}

// Who names no prayer means the next; on another day the one at noon.
func TestTheNextPrayer(t *testing.T) {
	riyadh, err := time.LoadLocation("Asia/Riyadh")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ at, text, like string }{
		{"2026-11-23T10:00", "call me after the prayer", "call me after dhuhr"},
		{"2026-11-23T13:00", "call me after the prayer", "call me after asr"},
		{"2026-11-23T17:40", "اتصلوا بعد الصلاة", "اتصلوا بعد العشاء"},
		{"2026-11-24T10:00", "telefon lepas solat esok", "telefon lepas zohor esok"},
	} {
		now, err := time.ParseInLocation("2006-01-02T15:04", c.at, riyadh)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Read(c.text, now, riyadh)
		want, same := Read(c.like, now, riyadh)
		if !ok || !same || !got.NotBefore.Equal(want.NotBefore) {
			t.Errorf("%s at %s is %v (%v), %s is %v (%v)", c.text, c.at, got.NotBefore, ok, c.like, want.NotBefore, same)
		}
	}
}
