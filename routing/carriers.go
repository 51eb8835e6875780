package routing

import "strings"

// scheme is a shape of shipment number that contains letters. Shapes of digits alone
// collide with phones and much else, and are judged in digits.go.
type scheme struct {
	prefixes []string
	min, max int  // length after the prefix
	letters  bool // letters may follow the prefix (else digits, with at most one letter at the end)
	carrier  string
	check    func(rest string) bool // nil: the scheme has no usable check digit
}

var schemes = []scheme{
	{[]string{"1Z"}, 16, 16, true, "ups", ups},
	{[]string{"SPXMY", "SPXID", "SPXSG", "SPXTH", "SPXVN", "SPXPH"}, 11, 13, true, "shopee_spx", nil},
	{[]string{"NLMY", "NLSG", "NLID", "NLPH", "NLTH", "NLVN"}, 8, 12, true, "ninja_van", nil},
	{[]string{"NVMY", "NVSG", "NVID", "NVPH", "NVTH", "NVVN"}, 8, 20, true, "ninja_van", nil},
	{[]string{"NJVTT"}, 11, 11, false, "ninja_van", nil},
	{[]string{"JJD", "JVGL"}, 10, 30, false, "dhl_express", nil},
	{[]string{"JD0"}, 9, 30, false, "dhl_express", nil},
	{[]string{"JX", "JY", "JD", "JP"}, 10, 10, false, "jt_express", nil},
	{[]string{"JT"}, 10, 13, false, "jt_express", nil},
	{[]string{"GM", "LX", "RX"}, 10, 39, false, "dhl_ecommerce", nil},
	{[]string{"MYPM"}, 11, 11, false, "pos_malaysia", nil},
	{[]string{"PL"}, 12, 12, false, "pos_malaysia", nil},
	{[]string{"MY"}, 10, 13, false, "gdex", nil},
	{[]string{"TBA", "TBM", "TBC"}, 12, 12, false, "amazon", nil},
	{[]string{"YT"}, 16, 16, false, "yunexpress", nil},
	{[]string{"4PX"}, 13, 18, true, "4px", nil},
	{[]string{"LP"}, 13, 14, false, "cainiao", nil},
	{[]string{"SF"}, 13, 13, false, "sf_express", nil},
	{[]string{"LEX", "LMP"}, 8, 16, true, "lazada_logistics", nil},
}

// airlines by IATA accounting prefix: of air waybills, and of the tickets that look like them.
var airlines = map[string]string{
	"065": "saudia", "232": "malaysia_airlines", "176": "emirates", "157": "qatar_airways", "607": "etihad",
	"141": "flydubai", "618": "singapore_airlines", "235": "turkish_airlines", "077": "egyptair",
	"512": "royal_jordanian", "229": "kuwait_airways", "072": "gulf_air", "910": "oman_air", "593": "flynas",
	"126": "garuda", "023": "fedex", "406": "ups", "423": "dhl_express",
}

// posts that issue S10 numbers, by the country at the end; the others are just "post".
var posts = map[string]string{"MY": "pos_malaysia", "SA": "spl", "AE": "emirates_post", "SG": "singapore_post", "ID": "pos_indonesia", "US": "usps", "GB": "royal_mail", "CN": "china_post", "EG": "egypt_post"}

// countries that issue S10 numbers (ISO 3166-1 alpha-2; the operators in UPU's list).
const countries = " AD AE AF AG AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB GD GE GG GH GI GM GN GR GT GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MR MS MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW "

// lettered judges a candidate that has letters. Grouped tells that it was written with
// separators inside, where only a check digit makes a coincidence unlikely.
func lettered(s string, grouped bool) (Reference, bool) {
	if r, ok := postal(s); ok && (r.Valid || !grouped) {
		return r, true
	}
	for i := range schemes {
		c := &schemes[i]
		for _, p := range c.prefixes {
			rest, ok := strings.CutPrefix(s, p)
			if !ok || len(rest) < c.min || len(rest) > c.max || !c.letters && !allDigits(rest[:len(rest)-1]) || digitCount(rest) < 6 {
				continue
			}
			valid := c.check == nil || lastDigit(rest) && c.check(rest)
			if grouped && (c.check == nil && len(p) < 3 && c.carrier != "jt_express" || !valid) {
				continue
			}
			return Reference{Kind: AWB, Value: s, Carrier: c.carrier, Valid: valid}, true
		}
	}
	return container(s)
}

// postal judges UPU S10 (two letters) and Pos Laju (three) numbers.
func postal(s string) (Reference, bool) {
	n := len(s) - 11
	if n != 2 && n != 3 || !allLetters(s[:n]) || !allDigits(s[n:n+9]) || !allLetters(s[n+9:]) {
		return Reference{}, false
	}
	country := s[n+9:]
	if n == 3 && country != "MY" {
		return Reference{}, false
	}
	issuer := strings.Contains(countries, " "+country+" ")
	r := Reference{Kind: AWB, Value: s, Valid: issuer && s10(s[n:n+9])}
	if issuer {
		if r.Carrier = posts[country]; r.Carrier == "" {
			r.Carrier = "post"
		}
	}
	return r, true
}

// pos reports whether a number of the postal shape begins as Pos Malaysia's parcels do:
// too odd to be anything else, however it is spaced and whatever its check digit says.
func pos(s string) bool { return len(s) == 14 && s[0] == 'E' && strings.HasSuffix(s, "MY") }

// container judges ISO 6346 numbers such as CSQU3054383.
func container(s string) (Reference, bool) {
	if len(s) != 11 || !allLetters(s[:4]) || !strings.ContainsRune("UJZ", rune(s[3])) || !allDigits(s[4:]) {
		return Reference{}, false
	}
	sum := 0
	for i := range 10 {
		v := int(s[i] - '0')
		if s[i] >= 'A' { // letters count from 10 and skip multiples of eleven
			v = int(s[i]-'A') + 10
			v += (v - 1) / 10
		}
		sum += v << i
	}
	return Reference{Kind: AWB, Value: s, Valid: sum%11%10 == int(s[10]-'0')}, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func allLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return s != ""
}

func lastDigit(s string) bool { c := s[len(s)-1]; return c >= '0' && c <= '9' }

func digitCount(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
