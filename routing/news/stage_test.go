package news

import (
	"testing"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations"
)

func TestShipmentStages(t *testing.T) {
	for _, c := range []struct{ status, code, detail, want string }{
		{"Out for delivery", "WC", "", outForDelivery},
		{"OUT_FOR_DELIVERY", "", "", outForDelivery},
		{"outForDelivery", "", "", outForDelivery},
		{"With delivery courier", "", "", outForDelivery},
		{"خرجت للتسليم", "", "", outForDelivery},
		{"Keluar untuk penghantaran", "", "", outForDelivery},
		{"Delivered", "OK", "Signed by security", delivered},
		{"تم التسليم", "", "", delivered},
		{"Berjaya dihantar", "", "", delivered},
		{"Will be delivered tomorrow", "", "", inTransit},
		{"Estimated delivery: Monday", "", "", inTransit},
		{"Could not be delivered", "", "", attempted},
		{"Not delivered", "NH", "consignee not available", attempted},
		{"Undelivered", "", "", attempted},
		{"nicht erfolgreich zugestellt", "", "", attempted},
		{"لم يتم التسليم", "", "", attempted},
		{"تم إنشاء الشحنة", "", "", registered},
		{"تعذّر تسليم الشحنة", "", "", attempted},
		{"Cubaan hantar gagal", "", "", attempted},
		{"delivery_attempted", "", "", attempted},
		{"Delivery attempted", "", "wrong address", addressNeeded},
		{"Recipient refused delivery", "", "", attempted},
		{"Incorrect address", "BA", "", addressNeeded},
		{"العنوان غير صحيح", "", "", addressNeeded},
		{"Alamat tidak lengkap", "", "", addressNeeded},
		{"Held in customs", "", "", heldInCustoms},
		{"held_in_customs", "", "", heldInCustoms},
		{"Customs", "", "commercial invoice missing", heldInCustoms},
		{"Exception", "", "customs documents required", heldInCustoms},
		{"On hold", "", "awaiting customs papers", heldInCustoms},
		{"Clearance delay", "CD", "", heldInCustoms},
		{"محتجزة في الجمارك", "", "", heldInCustoms},
		{"Tertahan di kastam", "", "", heldInCustoms},
		{"Customs clearance in process", "", "", inCustoms},
		{"Clearance completed", "", "", inTransit},
		{"Released from customs hold", "", "", inTransit},
		{"On hold", "HP", "", onHold},
		{"Returned to shipper", "RT", "", returning},
		{"RTO initiated", "", "", returning},
		{"مرتجع", "", "", returning},
		{"Dipulangkan kepada penghantar", "", "", returning},
		{"Package damaged", "", "", damaged},
		{"تالفة", "", "", damaged},
		{"Exception", "", "1 piece missing", lost},
		{"Delayed due to weather", "", "", delayed},
		{"Misrouted", "MS", "", delayed},
		{"Picked up", "PU", "", pickedUp},
		{"Arrived at sort facility", "AR", "", inTransit},
		{"in_transit", "", "", inTransit},
		{"Dalam perjalanan", "", "", inTransit},
		{"Shipment information received", "OC", "", registered},
		{"label_created", "", "", registered},
		{"Ready for collection", "", "", readyForPickup},
		{"Exception", "", "", inTrouble},
		{"Claim approved", "", "", claimDecided},
		{"Claim registered", "", "", claimReceived},
		{"teleported", "", "", ""},
		{"", "ZX81", "", ""},
		{"", "", "", ""},
	} {
		got := Stage(conversations.KindShipment, conversations.Report{Status: c.status, Code: c.code, Detail: c.detail})
		if got != c.want {
			t.Errorf("%q %q %q is %q, want %q", c.status, c.code, c.detail, got, c.want)
		}
	}
}

func TestBookingStages(t *testing.T) {
	for status, want := range map[string]string{
		"confirmed": confirmed, "Booking confirmed": confirmed, "مؤكد": confirmed, "Tempahan disahkan": confirmed, "ticketed": confirmed,
		"documents_wanted": documentsWanted, "Passport copy missing": documentsWanted, "Documents received": documentsReceived,
		"وثائق السفر مطلوبة": documentsWanted, "تم إلغاء الحجز": cancelled, "documents": documentsSent, "e-ticket": documentsSent, "visa_approved": visa, "Visa rejected": visa, "صدرت التأشيرة": visa,
		"flight_changed": flightChanged, "Flight delayed": flightChanged, "schedule change": flightChanged,
		"cancelled": cancelled, "canceled": cancelled, "تم الإلغاء": cancelled, "Dibatalkan": cancelled,
		"refund approved": refundDecided, "refund paid": refundPaid, "refunded": refundPaid, "changed": changed, "amended": changed,
		"payment_received": paid, "Deposit paid": paid, "payment failed": "", "quoted": quoted, "reserved": reserved, "option held": reserved,
		"checklist": checklist, "kursus umrah": briefing, "travelling": travelling, "completed": completed, "new": bookingReceived, "zzz": "",
	} {
		if got := Stage(conversations.KindBooking, conversations.Report{Status: status}); got != want {
			t.Errorf("%q is %q, want %q", status, got, want)
		}
	}
}

// Every stage has an effect, and every effect a template that can be rendered.
func TestEveryStageHasAnEffect(t *testing.T) {
	for _, r := range shipmentRules {
		if shipmentEffects[r.stage].template == "" {
			t.Errorf("%s has no effect", r.stage)
		}
	}
	for _, r := range bookingRules {
		if bookingEffects[r.stage].template == "" {
			t.Errorf("%s has no effect", r.stage)
		}
	}
}

func FuzzStage(f *testing.F) {
	for _, s := range []string{"Out for delivery", "لم يتم التسليم", "keluar untuk dihantar", "\xff\xfe", "A\u0300\u0301", "outForDelivery"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, status, detail string) {
		r := conversations.Report{Status: status, Detail: detail}
		for _, kind := range []string{conversations.KindShipment, conversations.KindBooking} {
			if a, b := Stage(kind, r), Stage(kind, r); a != b {
				t.Errorf("%q then %q", a, b)
			}
		}
		if utf8.ValidString(status) && plain(plain(status)) != plain(status) && len(status) < maxWords/8 {
			t.Errorf("%q read again is %q", plain(status), plain(plain(status)))
		}
	})
}
