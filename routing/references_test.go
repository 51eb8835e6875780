package routing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Numbers are those of the shared domain notes: standards' own examples, or published ones with the check recomputed.
func TestReferences(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"EE123456785MY", "awb EE123456785MY pos_malaysia true"},
		{"ee 123 456 785 my", "awb EE123456785MY pos_malaysia true"},
		{"RR012345675SA", "awb RR012345675SA spl true"},
		{"where is EHE 261 499 370 MY", "awb EHE261499370MY pos_malaysia false"},
		{"JX 9788 2289 66 dah sampai?", "awb JX9788228966 jt_express true"},
		{"NLMY 903771438 is late", "awb NLMY903771438 ninja_van true"},
		{"parcel MY 5570 6525 363 bila sampai", "awb MY55706525363 gdex true"},
		{"where is my 30109165494", "awb 30109165494 aramex true"},
		{"TR 2026 1591 please", "booking TR-2026-1591  true"},
		{"HJ 1448 309, seat please", "booking HJ/1448/309  true"},
		{"UMR-5007 deposit rm1500 dah bayar", "booking UMR-5007  true"},
		{"booking on sv1052", ""},
		{"RR000164273KH", "awb RR000164273KH post true"},
		{"LP661177776MY", "awb LP661177776MY pos_malaysia true"},
		{"RB123456786US", "awb RB123456786US usps false"},
		{"RR123456785XX", "awb RR123456785XX  false"},
		{"EHE261499378MY", "awb EHE261499378MY pos_malaysia true"},
		{"ERC553813172MY", "awb ERC553813172MY pos_malaysia true"},
		{"No EE 902 117 483 MY, kotak pecah", "awb EE902117483MY pos_malaysia false"},
		{"this is 902 117 483 my friend", ""},
		{"it is E N, two two zero, seven one eight, three three five, M Y", "awb EN220718335MY pos_malaysia false"},
		{"Nombor N L M Y satu satu kosong kosong lapan enam enam lima dua tujuh", "awb NLMY1100866527 ninja_van true"},
		{"tempahan U M R dua dua kosong tujuh", "booking UMR-2207  true"},
		{"booking B K nine one double four seven", "booking BK91447  true"},
		{"T R two zero two six zero seven seven zero", "booking TR-2026-0770  true"},
		{"plan B two three four", ""},
		{"Claim 44-77180 is unpaid", ""},
		{"claim 30109165494 please", "awb 30109165494 aramex true"},
		{"VAT no. W10-1808-32000145", ""},
		{"his mobile is off. BK43016", "booking BK43016  true"},
		{"call me BK 0123456789", ""},
		{"1Z999AA10123456784", "awb 1Z999AA10123456784 ups true"},
		{"1z 5r8 939 0357 567127", "awb 1Z5R89390357567127 ups true"},
		{"1Z999AA10123456785", "awb 1Z999AA10123456785 ups false"},
		{"tracking 986578788855", "awb 986578788855 fedex true"},
		{"477179081230", "awb 477179081230 fedex true"},
		{"2451080365", "awb 2451080365 dhl_express true"},
		{"٢٤٥١٠٨٠٣٦٥", "awb 2451080365 dhl_express true"},
		{"24٥1080365", "awb 2451080365 dhl_express true"},
		{"awb 2451-080-365", "awb 2451080365 dhl_express true"},
		{"awb:\n2451080365", "awb 2451080365 dhl_express true"},
		{"my parcel 1234567890", "awb 1234567890  false"},
		{"aramex 9680012996", "awb 9680012996 aramex true"},
		{"30109165494", "awb 30109165494 aramex true"},
		{"awb 47384200001", "awb 47384200001  false"},
		{"MAWB 618-73808291", "awb 61873808291 singapore_airlines true"},
		{"131-4845 1675 awb", "awb 13148451675  true"},
		{"awb 235-12345678", "awb 23512345678 turkish_airlines false"},
		{"smsa 231200021000", "awb 231200021000 smsa true"},
		{"SPXMY04482646165C", "awb SPXMY04482646165C shopee_spx true"},
		{"NLMYA71943214", "awb NLMYA71943214 ninja_van true"},
		{"JD0099999999", "awb JD0099999999 dhl_express true"},
		{"TBA010000000000", "awb TBA010000000000 amazon true"},
		{"CSQU3054383", "awb CSQU3054383  true"},
		{"AWB30109165494", "awb 30109165494 aramex true"},
		{"shipments 2451080365, 3318810025 and 8487135506", "awb 2451080365 dhl_express true; awb 3318810025 dhl_express true; awb 8487135506 dhl_express true"},
		{"2451080365 2451080365", "awb 2451080365 dhl_express true"},
		{"house waybill KUL0012345", "awb KUL0012345  false"},
		{"tracking double two four five one oh eight oh three six", "awb 2245108036 dhl_express true"},
		{"no tracking dua empat lima satu kosong lapan kosong tiga enam lima", "awb 2451080365 dhl_express true"},
		{"see https://www.dhl.com/track?id=2451080365", "awb 2451080365 dhl_express true"},

		{"UMR-2291", "booking UMR-2291  true"},
		{"umr 2291", "booking UMR-2291  true"},
		{"UMR٢٢٩١", "booking UMR-2291  true"},
		{"bk48213", "booking BK48213  true"},
		{"BK 48213", "booking BK48213  true"},
		{"tr-2026-0117", "booking TR-2026-0117  true"},
		{"hj/1447/12", "booking HJ/1447/12  true"},
		{"PNR X7K2QP", "booking X7K2QP  true"},
		{"رقم الحجز X7K2QP", "booking X7K2QP  true"},
		{"pnr is QWKZPT", "booking QWKZPT  true"},

		{"call me on 0501234567", ""},
		{"+966 50 123 4567", ""},
		{"my number is +60 12-345 6789", ""},
		{"٠٥٠١٢٣٤٥٦٧", ""},
		{"جوالي 2451080365", ""},
		{"whatsapp 601123456789", ""},
		{"claim number 2451080365", ""},
		{"invoice 8487135506", ""},
		{"pickup no 3318810025", ""},
		{"ticket 3318810025", ""},
		{"iqama 2312345677", ""},
		{"mykad 900101-14-5677 for my parcel", ""},
		{"784-1980-1234567-8", ""},
		{"ticket 065-2412345678", ""},
		{"RM 1,250.00 for the parcel", ""},
		{"parcel sent 15/03/2026", ""},
		{"ends with 0365", ""},
		{"parcel ****2451080365", ""},
		{"umrah for 12345678 dollars", ""},
		{"pay at http://dhl.com.evil.test/2451080365", ""},
		{"mail 2451080365@example.com", ""},
		{"PLEASE TOLONG MAKKAH MADINA", ""},
		{"package 12D10N umrah", ""},
		{"3ayez sh7nty 7asal", ""},
		{"order 114-1234567-1234567", ""},
	} {
		var got []string
		for _, r := range References(c.text) {
			got = append(got, fmt.Sprintf("%s %s %s %t", r.Kind, r.Value, r.Carrier, r.Valid))
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, g, c.want)
		}
	}
}

func TestCheckDigits(t *testing.T) {
	for name, ok := range map[string]bool{
		"s10 10 is written 0": s10("123456140"), "s10 11 is written 5": s10("123456025"),
		"luhn": luhn("1012345672") && luhn("2312345677") && luhn("784198012345678"+"8") == luhn("7841980123456788"),
		"gs1":  mod10("00340434633751428115"), "fedex ground": mod10("041441760228964") && mod10("568283610012000"),
		"iata": mod7("12345675") && !mod7("12345678"),
	} {
		if !ok {
			t.Error(name)
		}
	}
}

// Of the ten numbers that differ in their last digit at most one passes, and always one
// where the check can be every digit.
func TestOneCheckDigitInTen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, c := range []struct {
			name   string
			length int
			least  int
			check  func(string) bool
		}{{"s10", 8, 1, s10}, {"mod7", 9, 1, mod7}, {"fedex", 11, 1, fedexExpress}, {"gs1", 17, 1, mod10}, {"luhn", 9, 1, luhn}, {"ups", 15, 1, ups}} {
			stem := rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", c.length)).Draw(t, c.name)
			passed := 0
			for d := '0'; d <= '9'; d++ {
				if c.check(stem + string(d)) {
					passed++
				}
			}
			if passed != c.least {
				t.Fatalf("%s %s: %d check digits pass", c.name, stem, passed)
			}
		}
	})
}

// A number written with a country code, or as a national mobile, is never a reference.
func TestPhonesAreNoReferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.StringMatching(`\+(966 ?5[0-9]|60 ?1[0-9]|62 ?8[0-9]|20 ?1[0-9]|971 ?5[0-9]|44 ?7[0-9])[ -]?[0-9]{3}[ -]?[0-9]{4}|05[0-9]{8}|01[0-9][- ]?[0-9]{7}`).Draw(t, "phone")
		around := rapid.SampledFrom([]string{"%s", "call me on %s", "my parcel has not come, %s", "وين شحنتي؟ رقمي %s", "hubungi saya di %s pasal parcel"}).Draw(t, "around")
		if rs := References(fmt.Sprintf(around, n)); len(rs) > 0 {
			t.Fatalf("%q in %q: %v", n, around, rs)
		}
	})
}

// However a valid number is spaced and whatever digits it is written in, it is the same number.
func TestSpacingAndDigitsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom([]string{"2451080365", "30109165494", "986578788855"}).Draw(t, "number")
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", "  "}).Draw(t, "sep")
		step := rapid.IntRange(2, 5).Draw(t, "step")
		digits := rapid.SampledFrom([]rune{'0', '٠', '۰'}).Draw(t, "digits")
		var b strings.Builder
		for i, r := range number {
			if i > 0 && i%step == 0 {
				b.WriteString(sep)
			}
			b.WriteRune(r - '0' + digits)
		}
		rs := References("awb " + b.String())
		if len(rs) != 1 || rs[0].Value != number || !rs[0].Valid && step != 3 {
			t.Fatalf("%q: %v", b.String(), rs)
		}
	})
}

func FuzzReferences(f *testing.F) {
	for _, s := range []string{"awb 2451080365", "1Z 999 AA1 01 2345 6784", "٢٤٥١٠٨٠٣٦٥", "UMR-", "pnr ", "+966", "\xff12345678901", "http://", "١٢٣ 4ABC\u202e5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rs := References(s)
		if again := References(s); !slices.Equal(rs, again) {
			t.Fatalf("not the same twice: %v, %v", rs, again)
		}
		for _, r := range rs {
			if r.Value == "" || len(r.Value) > 48 || strings.Trim(r.Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/") != "" || r.Kind != AWB && r.Kind != Booking {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// luhn is the check of Saudi identity numbers, IMEIs and payment cards.
func luhn(s string) bool {
	sum := 0
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i] - '0')
		if (len(s)-1-i)%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
