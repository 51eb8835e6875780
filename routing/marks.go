package routing

import "strconv"

// mark is a class that the readers of a text ask for by name. It is a bit, so that one
// look at a token tells which of them it starts.
type mark uint32

const (
	greetMark mark = 1 << iota
	politeMark
	thanksMark
	englishMark
	arabicMark
	malayMark
	anyMark // a word of every language
	joinMark
	parcelMark
	awbMark
	courierMark
	carrierMark
	tourMark
	pnrMark
	fillerMark
	norefMark
	passnoMark
	moneyMark
	claimMark
	phonenoMark
	travelMark
	seasonMark
	todayMark
	tomorrowMark
	afterTomorrowMark
	inMark
	dayMark
	callMark
	voiceMark     // a word of talking by voice
	ordinalMark   // a weekday, a month or a small number: see ordinal
	ruleMark      // a rule's pattern starts with it
	classMark     // a member of several words starts with it
	courtesyMarks = greetMark | politeMark | thanksMark
	tongueMarks   = englishMark | arabicMark | malayMark | anyMark
	dateMarks     = todayMark | tomorrowMark | afterTomorrowMark | inMark | ordinalMark
	notRefMarks   = norefMark | passnoMark | moneyMark
	talkMarks     = parcelMark | awbMark | courierMark
)

var marks = map[string]mark{
	"{greet}": greetMark, "{polite}": politeMark, "{thanks}": thanksMark,
	"{=en}": englishMark, "{=ar}": arabicMark, "{=ms}": malayMark, "{=any}": anyMark, "{=join}": joinMark,
	"{parcel}": parcelMark, "{awb}": awbMark, "{courier}": courierMark, "{tour}": tourMark, "{pnr}": pnrMark, "{filler}": fillerMark,
	"{noref}": norefMark, "{passno}": passnoMark, "{money}": moneyMark, "{claim}": claimMark, "{phoneno}": phonenoMark,
	"{travel}": travelMark, "{season}": seasonMark, "{today}": todayMark, "{tomorrow}": tomorrowMark, "{aftertomorrow}": afterTomorrowMark,
	"{in}": inMark, "{day}": dayMark, "{call}": callMark, "{=voice}": voiceMark,
}

// markOf is the mark of a word or class, if it has one.
func markOf(name string) mark {
	switch {
	case ordinalOf(name).of != 0:
		return ordinalMark
	case len(name) > 1 && name[:2] == "{@":
		return carrierMark
	}
	return marks[name]
}

// ordinal is a class that stands for a number: {w1} for Sunday, {m1} for January, {n1}
// for one. of is its letter, 0 for any other class.
type ordinal struct {
	of byte
	n  int8
}

func ordinalOf(name string) ordinal {
	if len(name) < 4 || len(name) > 5 || name[0] != '{' || name[1] != 'w' && name[1] != 'm' && name[1] != 'n' {
		return ordinal{}
	}
	n, err := strconv.ParseInt(name[2:len(name)-1], 10, 8)
	if err != nil {
		return ordinal{}
	}
	return ordinal{name[1], int8(n)}
}

// marked is the first token in [from, to) that starts any of the marks.
func (d *document) marked(any mark, from, to int) (int, bool) {
	for i := max(from, 0); i < to && i < len(d.tokens); i++ {
		if d.marks[i]&any != 0 {
			return i, true
		}
	}
	return 0, false
}
