package when

import "time"

// amount reads a stretch of time at item i: "an hour", "20 minutes", "2-3 hours",
// "3 jam", "ساعتين", "two days". minutes is its lower end, most its upper (0 if the same).
func (r *reader) amount(i int) (minutes, most, n int) {
	switch r.kind(i) {
	case "span":
		minutes, n = r.items[i].n, 1
	case "spandays":
		minutes, n = r.items[i].n*24*60, 1
	case "unit":
		if r.kind(i+1) == "" || i == 0 || r.kind(i-1) == "rel" || r.kind(i-1) == "in" {
			minutes, n = r.items[i].n, 1 // "بعد دقيقة"
		}
	case "days": // "بعد اسبوع", "بعد شهر"
		if r.items[i].arabic && (r.hasRel && r.rel == after || r.kind(i-1) == "in") {
			minutes, n = r.items[i].n*24*60, 1
		}
	case "clock":
		if _, numbered := r.number(i + 1); r.items[i].n == 60 && !numbered && (r.items[i].arabic || r.hasRel || r.kind(i-1) == "in") {
			minutes, n = 60, 1
		}
	case "number", "num", "few":
		minutes, most, n = r.counted(i)
	}
	if n == 0 {
		return 0, 0, 0
	}
	k := i + n
	switch {
	case r.kind(k) == "and" && r.kind(k+1) == "frac": // "an hour and a half"
		return minutes + r.items[k+1].n, most, n + 2
	case r.kind(k) == "frac" && r.items[k].n > 0 && minutes == 60:
		return minutes + r.items[k].n, most, n + 1
	case minutes%60 == 0 && minutes < 24*60:
		more, size := 0, 0
		if r.kind(k) == "and" {
			k++
		}
		if v, ok := r.number(k); ok && r.kind(k+1) == "unit" && r.items[k+1].n == 1 {
			more, size = v, k+2-i
			return minutes + more, most, size
		}
	}
	return minutes, most, n
}

// counted reads an amount that begins with a number.
func (r *reader) counted(i int) (minutes, most, n int) {
	v, upper, k := r.items[i].n, 0, i+1
	if x, ok := r.number(k); ok && r.items[k].sep == '.' && r.items[k].digits == 1 && r.items[i].digits > 0 { // "1.5 hours"
		if unit, ok := r.unit(k + 1); ok {
			return v*unit + x*unit/10, 0, k + 2 - i
		}
		return 0, 0, 0
	}
	if r.kind(k) == "to" || r.kind(k) == "or" {
		if x, ok := r.number(k + 1); ok {
			upper, k = x, k+2
		}
	}
	if x, ok := r.number(k); ok && upper == 0 && x == v+1 && !r.clausal(k) { // "2 3 jam"
		upper, k = x, k+1
	}
	if r.kind(k) == "and" && r.is(k+1, "frac", "") && r.items[k+1].n == 30 { // "2 and a half hours"
		if unit, ok := r.unit(k + 2); ok {
			return v*unit + unit/2, 0, k + 3 - i
		}
	}
	if in := r.kind(i - 1); in == "in" && v%5 == 0 && v > 0 && v < 60 && (r.kind(k) == "" || r.clausal(k)) { // "ring in ten"
		return v, 0, k - i
	}
	unit, ok := r.unit(k)
	if !ok || v > 1000 || upper > 1000 {
		return 0, 0, 0
	}
	return v * unit, upper * unit, k + 1 - i
}

// unit is the minutes of the unit at item i.
func (r *reader) unit(i int) (minutes int, ok bool) {
	switch r.kind(i) {
	case "unit":
		return r.items[i].n, true
	case "days":
		return r.items[i].n * 24 * 60, true
	case "clock": // "3 jam", "٣ ساعة"
		_, numbered := r.number(i + 1)
		return 60, r.items[i].n == 60 && !numbered
	}
	return 0, false
}

// delay reads "in an hour", "2 jam lagi", "بعد ساعتين", "within two hours", and an amount
// before or after an hour ("half an hour after Maghrib").
func (r *reader) delay(i int) int {
	start, k := i, i
	in := r.kind(k) == "in" || r.kind(k) == "ago"
	if in {
		k++
	}
	minutes, most, n := r.amount(k)
	if n == 0 || minutes == 0 {
		return 0
	}
	end := k + n
	if r.is(end, "rel", "after") || r.is(end, "rel", "before") {
		if h, m := r.hour(end + 1); m > 0 {
			off := minutes
			if r.items[end].name == "before" {
				off = -minutes
			}
			r.keep(bound{tod: h, rel: after, off: off, at: start})
			return end + 1 + m - start
		}
	}
	within := r.is(start-1, "rel", "within")
	switch {
	case within, in, r.hasRel && (r.rel == after || r.rel == from || r.rel == around || r.rel == until):
	case r.kind(end) == "ago" || r.kind(end) == "in":
		end++
	case start == 0 && r.kind(end) == "" && minutes < 24*60: // all that was answered to "when?"
	default:
		return 0
	}
	if minutes >= 24*60 {
		r.days = append(r.days, bound{day: r.dayAfter(minutes / (24 * 60)), at: start})
		r.hasRel = false
		return end - start
	}
	if r.delayed {
		return end - start
	}
	r.delayed, r.low, r.high = true, time.Duration(minutes)*time.Minute, time.Duration(most)*time.Minute
	if within || r.hasRel && r.rel == until {
		r.low, r.high = 0, r.low
	}
	r.hasRel = false
	return end - start
}
