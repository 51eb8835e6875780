package conversations

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ParseScore reads a score out of a customer's answer to a survey: a digit of any
// script, a word in English, Arabic or Malay, stars or a thumb, alone or with
// courtesies ("5 stars, thank you", "٤ من ٥"), or at the beginning with a comment set off
// from it ("2, the driver was late"). Anything else is an ordinary message: "5 boxes are
// missing" is no score.
func ParseScore(text string, kind SurveyKind) (score int, ok bool) {
	least, most := kind.Span()
	if len(text) > 1000 {
		return 0, false
	}
	if n, ok := pictured(text, kind); ok {
		return n, true
	}
	text = WesternDigits(text)
	if strings.ContainsRune(text, '-') && strings.HasPrefix(strings.TrimSpace(text), "-") {
		return 0, false
	}
	score, ok = alone(text, most)
	if !ok {
		score, ok = commented(text, most)
	}
	return score, ok && score >= least && score <= most
}

// alone is the score of a text that says nothing else.
func alone(text string, most int) (int, bool) {
	if halves(text) {
		return 0, false
	}
	words := slices.DeleteFunc(withoutCourtesy(optWords(text)), func(w string) bool { return besideScores[w] })
	if len(words) == 2 && words[1] == strconv.Itoa(most) || len(words) == 2 && scoreWords[words[1]] == most && most > 0 {
		words = words[:1] // "4/5"
	}
	if len(words) != 1 {
		return 0, false
	}
	return scoreOf(words[0])
}

// commented is the score at the beginning of a text, before a comment.
func commented(text string, most int) (int, bool) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, func(r rune) bool { return strings.ContainsRune(",.;:!\n،؛(–—", r) })
	if dash := strings.Index(text, " - "); dash > 0 && (end < 0 || dash < end) {
		end = dash
	}
	if end <= 0 || halves(text) {
		return 0, false
	}
	return alone(text[:end], most)
}

// halves reports whether a text begins with a fraction, which is no answer.
func halves(text string) bool {
	i := strings.IndexAny(text, ".,٫")
	return i > 0 && i+1 < len(text) && unicode.IsDigit(rune(text[i-1])) && unicode.IsDigit(rune(text[i+1]))
}

func scoreOf(word string) (int, bool) {
	if n, ok := scoreWords[word]; ok {
		return n, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil && len(word) <= 2
}

// WesternDigits writes Arabic-Indic and Persian digits as 0 to 9.
func WesternDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		}
		return r
	}, text)
}

// pictured reads a text that is nothing but pictures: stars are counted, a thumb or
// a face stands for the best, the middle or the worst.
func pictured(text string, kind SurveyKind) (int, bool) {
	least, most := kind.Span()
	best, worst, middle, stars := 0, 0, 0, 0
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || r == 0xFE0F || r == 0x20E3 || r >= 0x1F3FB && r <= 0x1F3FF: // variation, keycap, skin
		case strings.ContainsRune("⭐🌟★", r):
			stars++
		case strings.ContainsRune("👍😀😃😄😁😊🙂😍🥰❤👏💯🤩", r):
			best++
		case strings.ContainsRune("👎😞😡😠🤬😢😭☹🙁💔", r):
			worst++
		case strings.ContainsRune("😐😑🤔", r):
			middle++
		case r == '🔟' && kind == NPS:
			return 10, true
		default:
			return 0, false
		}
	}
	switch {
	case stars > 0 && best+worst+middle == 0:
		return stars, stars >= least && stars <= most && kind == CSAT
	case best > 0 && worst+middle == 0:
		return most, true
	case worst > 0 && best+middle == 0:
		return least, true
	case middle > 0 && best+worst == 0:
		return (least + most) / 2, true
	}
	return 0, false
}

// scoreWords are the numbers in words, in the writing of optWords.
var scoreWords = func() map[string]int {
	m := map[string]int{}
	for n, words := range []string{
		"zero nil kosong sifar صفر", "one satu واحد واحده", "two dua اثنان اثنين اتنين ثنين", "three tiga ثلاثة ثلاث تلاتة", "four empat اربعة اربع",
		"five lima خمسة خمس", "six enam ستة ست", "seven tujuh سبعة سبع", "eight lapan delapan ثمانية ثمان ثماني تمانية", "nine sembilan تسعة تسع", "ten sepuluh عشرة عشر",
	} {
		for _, w := range optWords(words) {
			m[w] = n
		}
	}
	return m
}()

// besideScores are words that may stand beside a score and change nothing of it.
var besideScores = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range optWords(`star stars point points score rating rate out of over from i we give you it is a my the would say
		bintang markah mata skor daripada dari drpd saya bagi beri kasi nilai per
		من نجوم نجمة نجمه درجة درجات نقطة نقاط اعطيكم اعطيك اقيمكم تقييم تقييمي التقييم على`) {
		m[w] = true
	}
	return m
}()
