package feeds

import (
	"strings"
	"unicode"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/fold"
)

// The fields of an entry, as columns and paths are assigned to them.
const (
	fieldReference = "reference"
	fieldID        = "id"
	fieldCode      = "code"
	fieldStatus    = "status"
	fieldAt        = "at"
	fieldDetail    = "detail"
	fieldLocation  = "location"
	fieldName      = "name"
	fieldPhone     = "phone"
	fieldEmail     = "email"
	fieldLanguage  = "language"
	fieldTime      = "time" // beside a day in at
)

// Fields are the names that a configuration may assign columns and paths to.
var Fields = []string{
	fieldReference, fieldID, fieldCode, fieldStatus, fieldAt, fieldTime, fieldDetail, fieldLocation, fieldName, fieldPhone, fieldEmail, fieldLanguage,
}

// sense is what a name means: of several names for one field the least rank is taken.
type sense struct {
	field string
	rank  int
	kind  string // of a reference: what it is of, if the name tells
}

// words are what other systems call the fields, as folded writes them.
var words = func() map[string]sense {
	out := map[string]sense{}
	add := func(field, kind, list string, rank int) {
		for word := range strings.SplitSeq(list, ",") {
			if _, taken := out[folded(word)]; !taken {
				out[folded(word)] = sense{field, rank, kind}
				rank++
			}
		}
	}
	add(fieldReference, conversations.KindShipment, shipmentNames, 0)
	add(fieldReference, conversations.KindBooking, bookingNames, 0)
	for field, list := range fieldNames {
		add(field, "", list, 100)
	}
	return out
}()

const (
	shipmentNames = "awb, awb number, awb no, air waybill, airway bill, waybill, waybill number, hawb, tracking number, tracking no, tracking id, tracking, consignment number, consignment no, consignment, shipment number, shipment no, shipment id, shipment, parcel number, parcel, رقم الشحنة, رقم البوليصة, رقم بوليصة الشحن, رقم التتبع, الشحنة, البوليصة, no konsainan, nombor konsainan, no penjejakan, nombor penjejakan, no bungkusan, nombor bungkusan"
	bookingNames  = "booking, booking ref, booking reference, booking number, booking no, booking id, reservation, reservation number, reservation no, file number, pnr, رقم الحجز, الحجز, tempahan, no tempahan, nombor tempahan, rujukan tempahan"
)

// fieldNames are the names of every field, the most certain first.
var fieldNames = map[string]string{
	fieldReference: "reference, reference number, reference no, ref, number, رقم المرجع, المرجع, rujukan, no rujukan, nombor rujukan",
	fieldID:        "id, event id, event uuid, event number, uuid, uid, معرف الحدث, رقم الحدث, id peristiwa",
	fieldCode:      "code, status code, event code, scan code, reason code, رمز, كود, رمز الحالة, كود الحالة, kod, kod status",
	fieldStatus:    "status, shipment status, booking status, status description, status text, event description, description, event name, event, activity, checkpoint, scan, الحالة, حالة الشحنة, حالة الحجز, وصف الحالة, الحدث, keadaan, status penghantaran, status tempahan, peristiwa",
	fieldAt:        "at, timestamp, datetime, date time, event datetime, event time, occurred at, happened at, scan time, status time, event date, scan date, status date, date, التاريخ والوقت, تاريخ الحدث, تاريخ الحالة, التاريخ, tarikh dan masa, tarikh masa, tarikh",
	fieldTime:      "time, hour, الوقت, الساعة, masa, waktu",
	fieldDetail:    "detail, details, remark, remarks, note, notes, comment, comments, reason, ملاحظة, ملاحظات, التفاصيل, السبب, catatan, nota, butiran, sebab",
	fieldLocation:  "location, place, city, station, hub, facility, branch, الموقع, المكان, المدينة, الفرع, lokasi, tempat, bandar, cawangan",
	fieldName:      "name, customer name, consignee name, customer, consignee, recipient, receiver, lead passenger, passenger, pilgrim, اسم العميل, اسم المستلم, الاسم, العميل, المستلم, nama, nama pelanggan, nama penerima, pelanggan, penerima",
	fieldPhone:     "phone, phone number, phone no, mobile, mobile number, mobile no, telephone, tel, customer phone, consignee phone, contact number, contact no, whatsapp, رقم الجوال, رقم الهاتف, الجوال, الهاتف, جوال, هاتف, telefon, no telefon, nombor telefon, no hp",
	fieldEmail:     "email, email address, customer email, mail, البريد الإلكتروني, البريد, الايميل, emel",
	fieldLanguage:  "language, lang, locale, اللغة, لغة, bahasa",
}

// means is what a name stands for where events are of a kind (empty: of either).
func means(name, kind string) (sense, bool) {
	w, ok := words[folded(name)]
	return w, ok && (kind == "" || w.kind == "" || w.kind == kind)
}

// folded is a name without case, blanks, signs and the variants of letters.
func folded(s string) string {
	var b strings.Builder
	for _, r := range fold.Compose(s) {
		if r = fold.Rune(r); r > 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// factName is a column's or key's name as the facts of a booking are named: Balance due
// becomes balance_due.
func factName(s string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(s) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r):
			b.WriteRune(unicode.ToLower(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.TrimSuffix(b.String(), "_")
}
