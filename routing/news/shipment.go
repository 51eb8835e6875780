package news

import "github.com/caravan-desk/caravan/conversations"

// Stages of a shipment. Couriers' codes contradict each other, so the words decide;
// the code is read as a word too.
const (
	registered     = "registered"
	pickedUp       = "picked_up"
	inTransit      = "in_transit"
	inCustoms      = "in_customs"
	heldInCustoms  = "held_in_customs"
	outForDelivery = "out_for_delivery"
	attempted      = "attempted"
	addressNeeded  = "address_needed"
	readyForPickup = "ready_for_pickup"
	onHold         = "on_hold"
	delayed        = "delayed"
	returning      = "returning"
	damaged        = "damaged"
	lost           = "lost"
	delivered      = "delivered"
	claimReceived  = "claim_received"
	claimDecided   = "claim_decided"
	inTrouble      = "exception"
)

// effect is what a stage means for a conversation and its customer.
type effect struct {
	template  string // what he is told with; the general one if that cannot be rendered
	desk      string
	category  string // the conversation's, from now on; "" leaves it
	priority  conversations.Priority
	exception bool   // opens a conversation before anybody asks
	wakes     bool   // is told in quiet hours too: it cannot wait, or answers what he did just now
	says      string // in English, for an officer
}

const (
	traceDesk      = "trace"
	shipmentUpdate = "shipment_status_update"
	shipmentNews   = "shipment_news"
)

var shipmentEffects = map[string]effect{
	registered:     {template: shipmentNews, says: "registered with the courier"},
	pickedUp:       {template: shipmentUpdate, says: "picked up"},
	inTransit:      {template: shipmentUpdate, says: "in transit"},
	inCustoms:      {template: shipmentUpdate, says: "in customs"},
	outForDelivery: {template: "shipment_out_for_delivery", wakes: true, says: "out for delivery"},
	readyForPickup: {template: "shipment_ready_for_pickup", wakes: true, says: "ready for collection"},
	delivered:      {template: "shipment_delivered", wakes: true, says: "delivered"},
	heldInCustoms:  {template: "shipment_held_in_customs", category: "held_in_customs", priority: conversations.High, exception: true, says: "held in customs"},
	attempted:      {template: "shipment_attempted", wakes: true, category: "non_delivery", exception: true, says: "delivery attempted without success"},
	addressNeeded:  {template: "shipment_address_needed", category: "address_change", exception: true, says: "the address is wrong or incomplete"},
	onHold:         {template: "shipment_delayed", category: "late_delivery", exception: true, says: "on hold"},
	delayed:        {template: "shipment_delayed", category: "late_delivery", exception: true, says: "delayed"},
	returning:      {template: "shipment_returning", category: "return_to_origin", priority: conversations.High, exception: true, says: "going back to the sender"},
	damaged:        {template: "shipment_damaged", category: "damaged_or_missing", priority: conversations.High, exception: true, says: "damaged"},
	lost:           {template: "shipment_missing", category: "damaged_or_missing", priority: conversations.High, exception: true, says: "missing"},
	inTrouble:      {template: shipmentNews, category: "late_delivery", exception: true, says: "in difficulty"},
	claimReceived:  {template: "claim_received", category: "claim", says: "a claim was received"},
	claimDecided:   {template: "claim_decided", category: "claim", says: "the claim was decided"},
}

// customsWords name customs, in the three languages.
var customsWords = []string{"customs", "custom", "clearance", "kastam", "pabean", "جمارك", "جمرك", "duty", "duties", "duti", "تخليص"}

// shipmentRules read a status. What denies or expects comes before what says it is done.
var shipmentRules = plainly([]rule{
	{stage: claimDecided, any: []string{"claim"}, also: []string{"approved", "rejected", "decided", "declined", "settled", "paid", "closed", "accepted"}},
	{stage: claimReceived, any: []string{"claim", "tuntutan", "مطالبه"}},
	{stage: returning, any: []string{"rto", "rts", "return", "returned", "returning", "returns", "مرتجع", "اعاده", "تعاد", "اعيدت", "dipulangkan", "pulangan", "retour"}, not: []string{"return receipt", "لم تعاد"}},
	{stage: heldInCustoms, any: customsWords, also: []string{"held", "hold", "stuck", "detained", "seized", "delay", "delayed", "document", "documents", "paper", "papers", "paperwork", "invoice", "required", "needed", "missing", "awaiting", "unpaid", "query", "rejected", "exception", "ditahan", "tertahan", "dokumen", "محتجز", "محجوز", "عالق", "واقفه", "مستندات", "مطلوب"}, not: []string{"released", "cleared", "completed", "complete", "dilepaskan", "تم الافراج", "تم التخليص"}},
	{stage: inTransit, any: customsWords, also: []string{"released", "cleared", "completed", "complete", "passed", "dilepaskan", "تم الافراج", "تم التخليص"}},
	{stage: inCustoms, any: customsWords},
	{stage: addressNeeded, any: []string{"address", "alamat", "postcode", "poskod", "عنوان"}, also: []string{"incorrect", "incomplete", "wrong", "bad", "insufficient", "unknown", "invalid", "needed", "required", "missing", "not found", "update", "moved", "salah", "tidak lengkap", "غير صحيح", "ناقص", "خاطي", "غير مكتمل", "مطلوب"}},
	{stage: damaged, any: []string{"damaged", "damage", "broken", "tampered", "opened", "rosak", "pecah", "kemek", "تالف", "مكسور"}},
	{stage: lost, any: []string{"lost", "missing", "shortage", "short", "not sighted", "hilang", "مفقود", "ناقصه"}},
	{stage: attempted, any: []string{"not delivered", "could not be delivered", "cannot be delivered", "undelivered", "undeliverable", "delivery failed", "failed delivery", "delivery failure", "failed attempt", "unsuccessful", "attempt", "attempted", "attempts", "not home", "nobody home", "no one home", "not at home", "unavailable", "not available", "carded", "no answer", "refused", "rejected", "business closed", "لم يتم التسليم", "تعذر", "لم يتم العثور", "لا يرد", "رفض", "غير متواجد", "tidak berjaya", "gagal", "cubaan", "tiada di", "enggan", "nicht erfolgreich"}},
	{stage: outForDelivery, any: []string{"out for delivery", "ofd", "with courier", "with the courier", "with driver", "with delivery", "on vehicle", "on the vehicle", "on van", "خرجت للتسليم", "خرجت للتوصيل", "مع المندوب", "keluar untuk", "dengan rider", "dengan kurier", "untuk penghantaran"}},
	{stage: inTransit, any: []string{"will be delivered", "to be delivered", "scheduled for delivery", "delivery scheduled", "estimated", "expected", "سيتم", "akan dihantar"}},
	{stage: readyForPickup, any: []string{"ready for pickup", "ready for pick up", "ready for collection", "available for pickup", "available for pick up", "available for collection", "awaiting collection", "awaiting pickup by", "ready to collect", "sedia untuk diambil", "جاهزه للاستلام"}},
	{stage: delivered, any: []string{"delivered", "delivery completed", "successfully delivered", "proof of delivery", "pod", "تم التسليم", "تم تسليم", "تم التوصيل", "سلمت", "berjaya dihantar", "telah diterima", "telah dihantar", "berjaya diserahkan", "zugestellt"}},
	{stage: delayed, any: []string{"delay", "delayed", "late", "weather", "offload", "offloaded", "misrouted", "missorted", "missort", "rescheduled", "postponed", "lewat", "tertangguh", "متاخر", "تاخر", "تاجيل"}},
	{stage: onHold, any: []string{"hold", "held", "on hold", "onhold", "suspended", "ditahan", "معلق", "محفوظ", "موقوف"}},
	{stage: pickedUp, any: []string{"picked up", "pickup", "pick up", "collected", "diambil", "dikutip", "تم استلام الشحنه", "تم الاستلام من"}, not: []string{"scheduled", "awaiting", "pending", "requested"}},
	{stage: inTransit, any: []string{"transit", "intransit", "departed", "departure", "left", "arrived", "arrival", "processed", "processing", "facility", "hub", "sorting", "sorted", "forwarded", "received at", "shipped", "dispatched", "manifested", "في الطريق", "غادر", "وصلت", "dalam perjalanan", "tiba", "bertolak", "transito"}},
	{stage: registered, any: []string{"created", "label", "info received", "information received", "pre advice", "preadvice", "registered", "booked", "data received", "pending", "accepted", "awaiting", "scheduled", "didaftarkan", "maklumat", "تم انشاء", "بانتظار"}},
	{stage: inTrouble, any: []string{"exception", "problem", "issue", "error", "failed", "failure", "incident", "masalah", "مشكله"}},
})

// vague stages are looked at once more, with the courier's remark.
var vague = map[string]bool{"": true, inTrouble: true, onHold: true, inCustoms: true, attempted: true, delayed: true}

func shipmentStage(r conversations.Report) string {
	text := r.Status + " . " + r.Code
	s := first(shipmentRules, text)
	if !vague[s] || r.Detail == "" {
		return s
	}
	more := first(shipmentRules, text+" . "+r.Detail)
	if shipmentEffects[more].exception || s == "" {
		return more
	}
	return s
}
