package routing

import "strings"

// numeral is a run of digits and what stands around it.
type numeral struct {
	digits  string
	layout  string // lengths of its groups, such as "3-4-4"
	plus    bool   // a plus sign stands before it
	near    cue    // what the words just before (or after) call it
	carrier string // the carrier named in the text, if just one
	talk    bool   // the text speaks of shipments
	tour    bool   // the text speaks of tours and not of shipments
}

// asShipment judges a run of digits. A number is never proof by itself: one in seven
// passes mod 7, so phones, identities and amounts are ruled out first and the words around decide.
func (n numeral) asShipment() (Reference, bool) {
	s := n.digits
	if n.near == otherCue || n.near == phoneCue || n.plus || len(s) < 7 {
		return Reference{}, false
	}
	switch n.layout {
	case "6-2-4", "3-4-7-1", "3-10", "3-7-7", "2-2-4", "4-4-4-4": // MyKad, Emirates ID, ticket, order, date, card
		return Reference{}, false
	}
	if n.near != awbCue && phone(s) || n.near == noCue && n.tour {
		return Reference{}, false
	}
	r := n.scheme()
	if n.near != noCue && len(s) <= 34 {
		return r, true
	}
	long := len(s) >= 10 && len(s) <= 12 || len(s) >= 14
	return r, long && (r.Valid || n.talk && len(s) <= 12)
}

// likely reports whether digits that nothing calls a shipment's would be one in a matter
// about shipments: as long as such numbers are, and no phone number.
func (n numeral) likely() bool {
	return n.near == noCue && !n.plus && !phone(n.digits) && (len(n.digits) >= 10 && len(n.digits) <= 12 || len(n.digits) == 15)
}

// scheme finds whose number it is. Ten digits cannot tell DHL from Aramex, so a named carrier decides.
func (n numeral) scheme() Reference {
	s := n.digits
	r := Reference{Kind: AWB, Value: s}
	set := func(carrier string, valid bool) Reference { r.Carrier, r.Valid = carrier, valid; return r }
	if airline := airlines[s[:3]]; len(s) == 11 && (strings.HasPrefix(n.layout, "3-") || airline != "" && mod7(s[3:]) && !mod7(s)) {
		return set(airline, mod7(s[3:]))
	}
	switch len(s) {
	case 10:
		if n.carrier == "aramex" || n.carrier == "gdex" {
			return set(n.carrier, mod7(s) || n.carrier == "gdex")
		}
		return set(when(mod7(s), "dhl_express"), mod7(s))
	case 11:
		if n.carrier == "dhl_express" || n.carrier == "gdex" {
			return set(n.carrier, mod7(s) || n.carrier == "gdex")
		}
		return set(when(mod7(s), "aramex"), mod7(s))
	case 12:
		return n.twelve(set)
	case 8, 9:
		known := n.carrier == "naqel" || n.carrier == "smsa" || n.carrier == "gdex"
		return set(when(known, n.carrier), known)
	case 15, 20, 22:
		return set(when(mod10(s), "fedex"), mod10(s))
	case 16:
		return set(when(strings.HasPrefix(s, "57"), "dhl_ecommerce"), strings.HasPrefix(s, "57"))
	case 18:
		return set("", mod10(s))
	case 34:
		return set("fedex", strings.HasPrefix(s, "9622"))
	}
	return r
}

// twelve is FedEx if its check digit says so, else SMSA or J&T by first digits; those two have no check.
func (n numeral) twelve(set func(string, bool) Reference) Reference {
	s := n.digits
	switch {
	case n.carrier == "smsa" || n.carrier == "jt_express" || n.carrier == "skynet" || n.carrier == "city_link":
		return set(n.carrier, true)
	case fedexExpress(s):
		return set("fedex", true)
	case s[0] == '2':
		return set("smsa", true)
	case s[:2] == "63" || s[:2] == "60":
		return set("jt_express", true)
	}
	return set("", false)
}

func when(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

// phone reports whether digits alone look like a number people ring: Saudi and Malaysian
// mobiles and landlines in national form, and anything with the country code of a place
// our customers write from.
func phone(s string) bool {
	switch {
	case strings.HasPrefix(s, "00"):
		return len(s) >= 11 && len(s) <= 15
	case len(s) == 10 && (s[:2] == "05" || s[:2] == "01" || s[:2] == "03" || s[:2] == "08" || s[:3] == "920" || s[:3] == "800"):
		return true
	case len(s) == 11 && s[:2] == "01":
		return true
	case len(s) == 9 && s[0] == '0':
		return true
	case len(s) == 12 && (s[:4] == "9665" || s[:4] == "9715" || s[:3] == "201" || s[:4] == "6011" || s[:4] == "9627"):
		return true
	case len(s) == 11 && (s[:3] == "601" || s[:4] == "9733" || s[:4] == "9689" || s[:3] == "628" || s[:3] == "974" || s[:3] == "965"):
		return true
	case (len(s) == 12 || len(s) == 13) && s[:3] == "628":
		return true
	}
	return false
}
