package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

var farid = obj{"id": "o2", "name": "Farid Hakimi", "email": "farid@example.com", "role": "officer", "availability": "away"}

var templates = []obj{
	{"name": "shipment_status_update", "description": "Where a shipment is now", "languages": []string{"en", "ar", "ms"}, "channels": []string{"whatsapp", "sms", "email"},
		"variables": []obj{{"name": "name", "type": "string", "required": true}, {"name": "awb", "type": "reference", "required": true}, {"name": "eta", "type": "date", "required": false}}},
	{"name": "booking_confirmation", "description": "A booking is confirmed", "languages": []string{"en", "ar", "ms"}, "channels": []string{"email"},
		"variables": []obj{{"name": "booking", "type": "reference", "required": true}}},
	{"name": "acknowledgement", "description": "We have your message", "languages": []string{"en", "ar", "ms"}, "channels": []string{"whatsapp", "sms", "email"}, "variables": []obj{{"name": "awb", "type": "reference", "required": false}}},
}

// seed is one customer's matter, as the fill below lays it down.
type seed struct {
	name, phone, mail, desk, category, status, priority, language, subject, channel string
	refs                                                                            []obj
	mine                                                                            bool
	unread                                                                          int
	due                                                                             time.Duration // from now; 0: no clock
	lines                                                                           []string      // "<" customer, ">" officer, "#" note, "?" call, "!" failed
}

var seeds = []seed{
	{name: "أحمد بن عبد الله العتيبي", phone: "+966501234567", desk: "trace", category: "held_in_customs", status: "open", priority: "urgent", language: "ar", channel: "whatsapp", mine: true, unread: 2, due: 9*time.Minute + 30*time.Second,
		refs: []obj{{"kind": "awb", "value": "2451080365", "carrier": "dhl_express", "valid": true}, {"kind": "awb", "value": "1234567890", "valid": false}},
		lines: []string{"<السلام عليكم، شحنتي رقم 2451080365 محجوزة في جمارك جدة من يوم الأحد 2026-11-15، ايش المطلوب مني؟", ">وعليكم السلام أستاذ أحمد، الجمارك تطلب الفاتورة التجارية وصورة الهوية. هل يمكنك إرسالها هنا؟",
			"#Customs broker says HS code 8517.13 is missing on the invoice. Farid, can you ring them before 14:00?", "<Ok ممكن أرسل الـ invoice PDF الحين؟ والـ AWB الثاني 30109165494 نفس المشكلة؟", "<وكمان رقمي الجديد +966 55 123 4567 لو سمحت، الطلب SAR 1,250.00 مدفوع (https://track.example.com/awb/2451080365?lang=ar)."}},
	{name: "Siti Nurhaliza binti Abdul Rahman", phone: "+60123456789", mail: "siti@example.my", desk: "booking", category: "visa_documents", status: "open", priority: "high", language: "ms", channel: "email", mine: true, unread: 1, due: 74 * time.Minute, subject: "Visa belum keluar, penerbangan 12/12",
		refs: []obj{{"kind": "booking", "value": "X7K2QP", "valid": true}}, lines: []string{"<Assalamualaikum tuan, visa umrah untuk 4 orang masih belum keluar. Penerbangan SV 835 pada 12/12. Mohon bantuan segera ya, mak saya dah risau sangat. Dilampirkan salinan pasport."}},
	{name: "James O'Connor", phone: "+447911123456", desk: "trace", category: "late_delivery", status: "new", priority: "normal", language: "en", channel: "sms", due: -2*time.Hour - 12*time.Minute, unread: 1,
		refs: []obj{{"kind": "awb", "value": "1Z999AA10123456784", "carrier": "ups", "valid": true}}, lines: []string{"<Hi, tracking says delivered but nothing came. 1Z999AA10123456784. Third time I'm writing!"}},
	{name: "Nur Aisyah", phone: "+60198765432", desk: "trace", category: "where_is_my_shipment", status: "pending", priority: "normal", language: "mixed", channel: "whatsapp", mine: true,
		refs: []obj{{"kind": "awb", "value": "EHE261499378MY", "carrier": "pos_laju", "valid": true}}, lines: []string{"<Salam, parcel saya EHE261499378MY dah kena hold kat customs Jeddah, بعدين كيف؟ pls advise", ">Salam Puan, kami sedang semak dengan pihak kastam.", "!Kami akan telefon petang ini."}},
	{name: "محمد الغامدي", phone: "+966559876543", desk: "booking", category: "package_inquiry", status: "new", priority: "normal", language: "ar", channel: "voice", due: 26 * time.Hour, lines: []string{"?سأل عن باقة ديسمبر لأربعة أشخاص، وطلب معاودة الاتصال بعد صلاة العصر."}},
	{name: "", phone: "", mail: "procurement@vendor.example", desk: "triage", category: "supplier_or_sales", status: "new", priority: "low", language: "en", channel: "email", subject: "Re: Fwd: Special offer on pallets – 20% off until 30 November, reply to claim", due: 5 * time.Hour, lines: []string{"<Dear Sir, we offer best price pallets."}},
}

func (m *mock) fill(now time.Time) {
	m.officer = obj{"id": "o1", "version": 1, "name": "Layla Haddad", "email": mockEmail, "role": "officer", "availability": "available", "csrf_token": mockCSRF}
	for i, s := range seeds {
		m.add(now, 1042+i, s)
	}
	for i := range 70 {
		m.add(now, 2000+i, seed{name: fmt.Sprintf("Customer %d", i), phone: fmt.Sprintf("+96650000%04d", i), desk: "trace", category: "where_is_my_shipment", status: "open", priority: "normal", language: "en", channel: "sms",
			due: time.Duration(i+3) * time.Hour, lines: []string{"<Where is my parcel?"}})
	}
}

func (m *mock) add(now time.Time, number int, s seed) {
	id := strconv.Itoa(number)
	at := func(d time.Duration) string { return now.Add(d).UTC().Format(time.RFC3339Nano) }
	c := obj{"id": id, "number": number, "version": 7, "desk": s.desk, "category": s.category, "confidence": 0.97, "status": s.status, "priority": s.priority, "language": s.language,
		"subject": s.subject, "preview": s.lines[len(s.lines)-1][1:], "assignee": nil, "references": s.refs, "channels": []string{s.channel}, "tags": []string{}, "unread": s.unread, "clocks": []obj{},
		"whatsapp_window_until": nil, "related": []string{}, "snoozed_until": nil, "created_at": at(-26 * time.Hour), "updated_at": at(-time.Duration(number%97) * time.Minute)}
	if s.refs == nil {
		c["references"] = []obj{}
	}
	handles := []obj{}
	if s.phone != "" {
		handles = append(handles, obj{"kind": map[bool]string{true: "whatsapp", false: "phone"}[s.channel == "whatsapp"], "value": s.phone})
	}
	if s.mail != "" {
		handles = append(handles, obj{"kind": "email", "value": s.mail})
	}
	c["contact"] = obj{"id": "c" + id, "name": s.name, "handles": handles}
	if s.mine {
		c["assignee"] = obj{"id": "o1", "name": "Layla Haddad"}
	}
	if s.due != 0 {
		state := "running"
		if s.due < 0 {
			state = "breached"
		}
		c["clocks"] = []obj{{"name": "next_response", "due_at": at(s.due), "state": state, "paused_by": nil}, {"name": "resolution", "due_at": at(50 * time.Hour), "state": "paused", "paused_by": "customs"}, {"name": "first_response", "due_at": at(-25 * time.Hour), "state": "met", "paused_by": nil}}
	}
	if s.channel == "whatsapp" && s.unread > 0 {
		c["whatsapp_window_until"] = at(23*time.Hour + 10*time.Minute)
	} else if s.channel == "whatsapp" {
		c["whatsapp_window_until"] = at(-time.Hour)
	}
	m.conversations = append(m.conversations, c)
	for i, line := range s.lines {
		m.messages[id] = append(m.messages[id], m.line(c, s, line, i, at(-time.Duration(len(s.lines)-i)*17*time.Minute)))
	}
	m.history[id] = []obj{
		{"id": "h1", "type": "conversation.opened", "conversation": id, "at": at(-26 * time.Hour), "by": obj{"type": "system", "name": ""}},
		{"id": "h2", "type": "conversation.classified", "conversation": id, "at": at(-26 * time.Hour), "by": obj{"type": "system", "name": ""}, "why": "“customs”, “جمارك” and a valid DHL number", "changes": obj{"desk": obj{"from": "", "to": s.desk}, "category": obj{"from": "", "to": s.category}}},
		{"id": "h3", "type": "conversation.assigned", "conversation": id, "at": at(-25 * time.Hour), "by": obj{"type": "system", "name": ""}, "why": "speaks Arabic, least loaded of 3 on the trace desk", "changes": obj{"assignee": obj{"from": nil, "to": obj{"id": "o1", "name": "Layla Haddad"}}}},
	}
}

func (m *mock) line(c obj, s seed, line string, i int, at string) obj {
	id := c["id"].(string)
	msg := obj{"id": fmt.Sprintf("%s-%d", id, i+1), "conversation": id, "kind": "message", "direction": "in", "channel": s.channel, "author": obj{"type": "customer", "id": "c" + id, "name": s.name},
		"from": s.phone + s.mail, "text": line[1:], "attachments": []obj{}, "language": s.language, "status": "received", "created_at": at}
	switch line[0] {
	case '>', '!':
		msg["direction"], msg["author"], msg["status"] = "out", m.by(), "read"
		if line[0] == '!' {
			msg["status"], msg["error"], msg["to"] = "failed", obj{"code": "63016", "text": "outside the allowed window"}, s.phone
		}
	case '#':
		msg["kind"], msg["direction"], msg["author"], msg["status"] = "note", "out", obj{"type": "officer", "id": "o2", "name": "Farid Hakimi"}, "sent"
	case '?':
		msg["kind"] = "call"
		msg["attachments"] = []obj{{"id": "rec1", "name": "recording.wav", "content_type": "audio/wav", "size": 480_000, "inline": false}}
	}
	if s.channel == "email" {
		msg["subject"], msg["html"] = s.subject, "<h1>"+s.subject+"</h1><p>"+line[1:]+"</p><script>parent.hacked=1</script><img src=x onerror='parent.hacked=1'>"
		msg["attachments"] = []obj{{"id": "pdf1", "name": "pasport-siti-nurhaliza-2026.pdf", "content_type": "application/pdf", "size": 1_840_000, "inline": false}}
	}
	return msg
}

// inbound is a customer writing, as the webhook of the real one would take it: {conversation?, text}.
func (m *mock) inbound(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := body(r)
	id, _ := b["conversation"].(string)
	c := m.find(id)
	if c == nil {
		m.add(time.Now(), 5000+len(m.conversations), seed{name: "Live Customer", phone: "+966500000001", desk: "trace", category: "unclear", status: "new", priority: "normal", language: "en", channel: "sms", unread: 1, due: time.Hour, lines: []string{"<" + b["text"].(string)}})
		c = m.conversations[len(m.conversations)-1]
	} else {
		at := time.Now().UTC().Format(time.RFC3339Nano)
		m.messages[id] = append(m.messages[id], obj{"id": fmt.Sprintf("%s-%d", id, len(m.messages[id])+1), "conversation": id, "kind": "message", "direction": "in", "channel": c["channels"].([]string)[0],
			"author": obj{"type": "customer", "id": "c" + id, "name": c["contact"].(obj)["name"]}, "text": b["text"], "attachments": []obj{}, "status": "received", "created_at": at})
		c["preview"], c["unread"] = b["text"], c["unread"].(int)+1
	}
	m.touch(c, obj{"type": "message.received", "by": obj{"type": "customer", "name": c["contact"].(obj)["name"]}})
	w.WriteHeader(http.StatusNoContent)
}

// control plays what the world does: receipts, a feed that drops, a change by somebody else.
func (m *mock) control(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch b := body(r); r.PathValue("what") {
	case "receipt":
		id := b["conversation"].(string)
		last := m.messages[id][len(m.messages[id])-1]
		last["status"] = b["status"]
		m.touch(m.find(id), obj{"type": "message.status", "by": obj{"type": "system"}, "message": last["id"]})
	case "silent": // a new version that the feed does not tell
		c := m.find(b["conversation"].(string))
		c["version"] = c["version"].(int) + 1
	case "feed":
		m.down = b["down"].(bool)
		close(m.wake)
		m.wake = make(chan struct{})
	case "posted":
		answer(w, 200, obj{"posted": m.posted})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
