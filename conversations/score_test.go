package conversations

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestParseScore(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		text      string
		csat, nps int
	}{
		{"5", 5, 5}, {" 4 ", 4, 4}, {"٥", 5, 5}, {"۳", 3, 3}, {"5️⃣", 5, 5}, {"5!", 5, 5}, {"four", 4, 4}, {"Five", 5, 5}, {"lima", 5, 5}, {"Tiga.", 3, 3},
		{"خمسة", 5, 5}, {"أربعة", 4, 4}, {"ثلاثه", 3, 3}, {"10", none, 10}, {"١٠", none, 10}, {"sepuluh", none, 10}, {"0", none, 0}, {"kosong", none, 0}, {"صفر", none, 0}, {"11", none, none},
		{"👍", 5, 10}, {"👍🏽👍🏽", 5, 10}, {"👎", 1, 0}, {"😡", 1, 0}, {"😐", 3, 5}, {"⭐⭐⭐⭐", 4, none}, {"⭐⭐⭐⭐⭐⭐", none, none}, {"👍👎", none, none},
		{"5 stars", 5, 5}, {"4/5", 4, none}, {"8/10", none, 8}, {"4 out of 5, thank you", 4, none}, {"٤ من ٥", 4, none}, {"4 daripada 5", 4, none}, {"saya bagi 5 bintang", 5, 5}, {"5 نجوم شكرا", 5, 5},
		{"I give you a 4", 4, 4}, {"5 terima kasih", 5, 5}, {"lima, terima kasih banyak", 5, 5},
		{"2, the driver was late and rude", 2, 2}, {"1. nobody answered me", 1, 1}, {"3 - delivery took too long", 3, 3}, {"4\nGood service", 4, 4}, {"٢، السائق تأخر", 2, 2}, {"1! terrible", 1, 1},
		{"5 boxes are missing", none, none}, {"2 of my parcels are missing", none, none}, {"I have 3 questions", none, none}, {"call me at 5", none, none}, {"4.5", none, none}, {"-3", none, none}, {"3,5 kg", none, none},
		{"", none, none}, {"thank you", none, none}, {"شكرا", none, none}, {"1086396430", none, none}, {"where is my parcel 1086396430?", none, none}, {"great", none, none}, {"one more thing", none, none}, {"dua parcel saya hilang", none, none}, {"12", none, none},
	} {
		for kind, want := range map[SurveyKind]int{CSAT: c.csat, NPS: c.nps} {
			got, ok := ParseScore(c.text, kind)
			if !ok {
				got = none
			}
			if got != want {
				t.Errorf("%s %q: %d, want %d", kind, c.text, got, want)
			}
		}
	}
}

func TestScoresInEveryWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 10).Draw(t, "score")
		words := []string{strconv.Itoa(n)}
		for w, v := range scoreWords {
			if v == n {
				words = append(words, w)
			}
		}
		text := rapid.SampledFrom(words).Draw(t, "word") + rapid.SampledFrom([]string{"", "!", " thank you", " terima kasih", " شكرا", ". ok", "\n"}).Draw(t, "after")
		if got, ok := ParseScore(text, NPS); !ok || got != n {
			t.Fatalf("%q: %d %v, want %d", text, got, ok, n)
		}
		if got, ok := ParseScore(text, CSAT); ok != (n >= 1 && n <= 5) || ok && got != n {
			t.Fatalf("%q: %d %v", text, got, ok)
		}
	})
}

func FuzzParseScore(f *testing.F) {
	for _, s := range []string{"5", "٥ من ٥", "lima", "👍", "4.5", "-", "1,", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []SurveyKind{CSAT, NPS} {
			least, most := kind.Span()
			if n, ok := ParseScore(text, kind); ok && (n < least || n > most) {
				t.Errorf("%q: %d", text, n)
			}
		}
	})
}
