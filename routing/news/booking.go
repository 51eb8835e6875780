package news

import "github.com/caravan-desk/caravan/conversations"

// Stages of a tour booking.
const (
	bookingReceived   = "received"
	quoted            = "quoted"
	reserved          = "reserved"
	paid              = "paid"
	confirmed         = "confirmed"
	documentsWanted   = "documents_wanted"
	documentsReceived = "documents_received"
	documentsSent     = "documents_sent"
	visa              = "visa"
	flightChanged     = "flight_changed"
	checklist         = "checklist"
	briefing          = "briefing"
	travelling        = "travelling"
	completed         = "completed"
	changed           = "changed"
	cancelled         = "cancelled"
	refundDecided     = "refund_decided"
	refundPaid        = "refund_paid"
)

const (
	bookingDesk = "booking"
	bookingNews = "booking_news"
)

var bookingEffects = map[string]effect{
	bookingReceived:   {template: "booking_received", wakes: true, category: "new_booking", says: "received"},
	quoted:            {template: "quotation", wakes: true, category: "package_inquiry", says: "quoted"},
	reserved:          {template: "booking_reserved", wakes: true, category: "new_booking", says: "reserved"},
	paid:              {template: "payment_received", wakes: true, category: "payment", says: "a payment was received"},
	confirmed:         {template: "booking_confirmation", wakes: true, category: "new_booking", says: "confirmed"},
	documentsWanted:   {template: "documents_wanted", category: "visa_documents", says: "documents are wanted"},
	documentsReceived: {template: "documents_received", category: "visa_documents", says: "documents were received"},
	documentsSent:     {template: "documents_ready", category: "pre_tour_info", says: "the travel documents are ready"},
	visa:              {template: "visa_status", category: "visa_documents", says: "news of the visa"},
	flightChanged:     {template: "flight_change", wakes: true, category: "booking_change", priority: conversations.High, exception: true, says: "the flight was changed"},
	checklist:         {template: "pre_tour_checklist", category: "pre_tour_info", says: "the checklist before departure"},
	briefing:          {template: "pre_tour_briefing", category: "pre_tour_info", says: "the briefing before departure"},
	travelling:        {template: bookingNews, says: "travelling"},
	completed:         {template: "feedback_request", category: "post_tour_feedback", says: "completed"},
	changed:           {template: "booking_changed", wakes: true, category: "booking_change", says: "changed"},
	cancelled:         {template: "booking_cancelled", wakes: true, category: "cancellation", priority: conversations.High, exception: true, says: "cancelled"},
	refundDecided:     {template: "refund_decided", wakes: true, category: "refund", says: "the refund was decided"},
	refundPaid:        {template: "refund_paid", wakes: true, category: "refund", says: "the refund was paid"},
}

var (
	documentWords = []string{"document", "documents", "docs", "passport", "passports", "dokumen", "pasport", "مستندات", "مستند", "وثائق", "جواز"}
	flightWords   = []string{"flight", "flights", "penerbangan", "رحله", "طيران", "schedule"}
)

var bookingRules = plainly([]rule{
	{stage: refundPaid, any: []string{"refund", "refunded", "bayaran balik", "استرداد"}, also: []string{"paid", "refunded", "completed", "done", "transferred", "sent", "issued", "dibayar", "تم"}, not: []string{"not", "rejected"}},
	{stage: refundDecided, any: []string{"refund", "bayaran balik", "استرداد"}},
	{stage: cancelled, any: []string{"cancelled", "canceled", "cancellation", "cancel", "void", "dibatalkan", "batal", "الغاء", "ملغي", "الغي"}},
	{stage: visa, any: []string{"visa", "visas", "evisa", "تاشيره", "التاشيرات"}},
	{stage: flightChanged, any: flightWords, also: []string{"change", "changed", "delayed", "delay", "rescheduled", "cancelled", "retimed", "update", "updated", "moved", "berubah", "pertukaran", "ditunda", "تغيير", "تاجيل", "تعديل"}},
	{stage: checklist, any: []string{"checklist", "check list", "senarai semak", "قايمه"}},
	{stage: briefing, any: []string{"briefing", "kursus", "orientation", "taklimat", "manasik", "لقاء تعريفي"}},
	{stage: documentsWanted, any: documentWords, also: []string{"wanted", "needed", "required", "missing", "pending", "awaiting", "requested", "request", "incomplete", "rejected", "outstanding", "diperlukan", "belum", "مطلوبه", "مطلوب", "ناقصه"}},
	{stage: documentsReceived, any: documentWords, also: []string{"received", "complete", "completed", "accepted", "verified", "approved", "diterima", "lengkap", "استلام", "مكتمله"}},
	{stage: documentsSent, any: documentWords},
	{stage: documentsSent, any: []string{"tickets issued", "ticket issued", "eticket", "e ticket", "voucher", "vouchers", "itinerary"}},
	{stage: paid, any: []string{"paid", "payment", "payments", "deposit", "fully paid", "instalment", "bayaran", "dibayar", "دفع", "سداد", "الدفعه"}, not: []string{"unpaid", "failed", "due", "overdue", "required", "pending", "awaiting"}},
	{stage: confirmed, any: []string{"confirmed", "confirmation", "confirm", "ticketed", "booked", "disahkan", "تاكيد", "موكد", "مءكد"}, not: []string{"unconfirmed", "not confirmed"}},
	{stage: completed, any: []string{"completed", "complete", "finished", "returned", "ended", "selesai", "tamat", "pulang", "انتهت", "مكتمل"}},
	{stage: travelling, any: []string{"travelling", "traveling", "departed", "in progress", "on tour", "berlepas", "غادر", "مسافر"}},
	{stage: changed, any: []string{"changed", "change", "amended", "amendment", "modified", "updated", "rescheduled", "pindaan", "pertukaran", "berubah", "تعديل", "تغيير"}},
	{stage: quoted, any: []string{"quoted", "quotation", "quote", "offer", "sebut harga", "عرض سعر"}},
	{stage: reserved, any: []string{"reserved", "reservation", "held", "hold", "option", "tempahan sementara", "محجوز", "حجز مبديي"}},
	{stage: bookingReceived, any: []string{"received", "inquiry", "enquiry", "new", "created", "requested", "pending", "open", "diterima", "استلام", "طلب"}},
})

func bookingStage(r conversations.Report) string {
	text := r.Status + " . " + r.Code
	s := first(bookingRules, text)
	if s == "" && r.Detail != "" {
		return first(bookingRules, text+" . "+r.Detail)
	}
	return s
}
