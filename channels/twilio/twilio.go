// Package twilio is what SMS, WhatsApp and voice share of Twilio: telling its
// webhooks from a stranger's (Validator), reading their forms (Form, ParseMessage,
// ParseStatus), calling its REST API (Client, Messages), and its statuses and error
// codes as tables. It holds no policy and knows neither conversations nor HTTP
// routing: the handlers are in channels/twilio/webhooks, the media in
// channels/sms, channels/whatsapp and channels/voice. Start with ParseForm and Client.
package twilio
