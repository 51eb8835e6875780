package conversations

import "maps"

// The words by which customers say stop, start and help, in English, Arabic (written
// and spoken) and Malay. Each is the whole of a message but for courtesies. Letters are
// folded as in optWords, so one spelling of a word is enough.

// providerWords are what Twilio itself takes on SMS, as the whole body: it blocks, or
// unblocks, whatever we make of it.
// https://help.twilio.com/articles/223134027-Twilio-support-for-opt-out-keywords-SMS-STOP-filtering-
var providerWords = map[string]Opt{
	"stop": {Kind: OptStop, Word: "stop"}, "stopall": {Kind: OptStop, Word: "stopall"},
	"unsubscribe": {Kind: OptStop, Word: "unsubscribe"}, "cancel": {Kind: OptStop, Word: "cancel"},
	"end": {Kind: OptStop, Word: "end"}, "quit": {Kind: OptStop, Word: "quit"},
	"revoke": {Kind: OptStop, Word: "revoke"}, "optout": {Kind: OptStop, Word: "optout"},
	"start": {Kind: OptStart, Word: "start"}, "unstop": {Kind: OptStart, Word: "unstop"},
	"yes":  {Kind: OptStart, Word: "yes", Weak: true},
	"help": {Kind: OptHelp, Word: "help"}, "info": {Kind: OptHelp, Word: "info"},
}

// bareWords count only alone, without even a courtesy: with one more word they are
// about a booking ("batal, terima kasih").
var bareWords = map[string]OptKind{"الغاء": OptStop, "batal": OptStop, "help": OptHelp, "مساعده": OptHelp, "bantuan": OptHelp}

// optPhrases count with any courtesies around them.
var optPhrases = func() map[string]OptKind {
	all := map[string]OptKind{}
	for kind, table := range map[OptKind]string{OptStop: stopPhrases, OptStopOffers: offerPhrases, OptStart: startPhrases} {
		for p := range phraseSet(table) {
			all[p] = kind
		}
	}
	return all
}()

const stopPhrases = `
stop, stop it, stop stop, stop all, stopall, stop now, unsubscribe, unsubscribe me, unsubscribe all, optout, opt out, opt me out
stop message, stop messages, stop messaging, stop messaging me, stop sms, stop texts, stop texting, stop texting me, stop whatsapp
stop sending, stop sending me messages, stop sending messages, stop sending me sms, stop sending me texts, stop these messages
stop all messages, stop contacting me, stop writing to me, stop emailing me, stop emails, stop the messages
dont message me, dont message me again, dont message me anymore, do not message me, do not message me again, dont text me
dont text me again, dont text me anymore, do not text me, do not text me again, dont contact me, dont contact me again
do not contact me, do not contact me again, dont send me messages, dont send me any more messages, do not send me messages
dont send me anything, no more messages, no more texts, no more sms, no more emails, i dont want messages, i dont want any messages
i dont want these messages, i do not want these messages, i want to unsubscribe, i would like to unsubscribe, i want to opt out
remove me, remove me from your list, remove me from the list, remove my number, remove my number from your list
take me off your list, take me off the list, delete my number, unsub

berhenti, henti, hentikan, berhenti sekarang, berhenti mesej, berhenti sms, berhenti langgan, berhenti melanggan
hentikan mesej, hentikan mesej ini, hentikan sms, hentikan semua mesej, berhenti hantar mesej, berhenti hantar sms, stop mesej, stop hantar mesej
jangan mesej saya, jangan mesej saya lagi, jangan mesej lagi, jangan hantar mesej, jangan hantar mesej lagi, jangan hantar mesej kepada saya
jangan hantar mesej kepada saya lagi, jangan hantar sms, jangan hantar sms lagi, jangan sms saya, jangan sms saya lagi, jangan whatsapp saya, jangan whatsapp saya lagi
jangan hubungi saya lagi, jangan ganggu saya lagi, tak nak mesej lagi, taknak mesej lagi, saya tak nak mesej lagi, tak mahu mesej lagi, tidak mahu terima mesej
saya tidak mahu terima mesej, saya tidak mahu terima mesej lagi, tak nak terima mesej, tak nak terima mesej lagi, batal langganan, batalkan langganan, nyahlanggan
keluarkan saya, keluarkan saya dari senarai, keluarkan nombor saya, buang nombor saya, padam nombor saya

ايقاف, توقف, توقفوا, قف, اوقف, اوقفوا, وقف, وقفوا, ستوب, كفى, الغاء الاشتراك, الغوا الاشتراك, الغ اشتراكي, الغي اشتراكي, الغوا اشتراكي, اريد الغاء الاشتراك, ابي الغي الاشتراك, عايز الغي الاشتراك
ايقاف الرسائل, اوقف الرسائل, اوقفوا الرسائل, وقف الرسائل, وقفوا الرسائل, اوقفوا ارسال الرسائل, توقف عن ارسال الرسائل, توقفوا عن ارسال الرسائل, توقفوا عن مراسلتي, كفى رسائل
لا ترسل, لا ترسلوا, لا ترسل رسائل, لا ترسلوا رسائل, لا ترسلوا لي, لا ترسلوا لي رسائل, لا ترسل لي رسائل, لا ترسلون لي, لا ترسلون رسائل, لا ترسلوا لي شيئا, لا تراسلوني, لا تراسلني, لا تراسلوني مرة اخرى, لا تكتبوا لي
لا اريد رسائل, لا اريد رسائل منكم, لا اريد المزيد من الرسائل, لا اريد استلام رسائل, ما ابي رسائل, ما ابغى رسائل, ما ابي رسايل, ما ابغى رسايل, مابي رسائل, مابغى رسائل, مش عايز رسائل, مش عاوز رسائل, ما بدي رسائل
لا تبعتوا رسائل, ما تبعتوش رسايل, بطلوا رسايل, بطلوا تبعتوا, خلاص لا ترسلوا, احذفوا رقمي, احذف رقمي, امسحوا رقمي, شيلوا رقمي, احذفوني, احذفوني من القائمة, لا تتواصلوا معي
`

const offerPhrases = `
stop offers, stop promotions, stop promo, stop marketing, stop ads, stop advertising, stop newsletter, stop the ads, stop the offers, stop promotional messages
stop sending me offers, stop sending me ads, stop sending me promotions, no offers, no more offers, no promotions, no more promotions, no promo, no ads, no more ads, no marketing, no more marketing
dont send me offers, dont send me ads, dont send me promotions, do not send me offers, i dont want offers, i dont want promotions, i dont want ads
unsubscribe newsletter, unsubscribe from newsletter, unsubscribe from the newsletter, unsubscribe from offers, unsubscribe from marketing, unsubscribe me from the newsletter

berhenti promosi, hentikan promosi, hentikan iklan, berhenti iklan, stop promosi, stop iklan, jangan hantar promosi, jangan hantar promosi lagi, jangan hantar iklan, jangan hantar iklan lagi
tak nak promosi, tak nak promosi lagi, taknak promosi, tak mahu promosi, tidak mahu promosi, tak nak iklan, tak mahu iklan, saya tak nak promosi

ايقاف العروض, اوقف العروض, اوقفوا العروض, وقف العروض, وقفوا العروض, ايقاف الاعلانات, اوقف الاعلانات, اوقفوا الاعلانات, وقفوا الاعلانات, ايقاف الدعاية
لا اريد عروض, لا اريد عروضا, لا اريد اعلانات, ما ابي عروض, ما ابغى عروض, ما ابي اعلانات, ما ابغى اعلانات, مش عايز عروض, مش عايز اعلانات, ما بدي عروض, ما بدي اعلانات, لا ترسلوا عروض, لا ترسلوا اعلانات, لا ترسلوا لي عروض
`

const startPhrases = `
start, unstop, restart, subscribe, resubscribe, subscribe me, subscribe me again, optin, opt in, opt me in, start again, start messages, start sending messages
start messaging me again, message me again, you can message me again, resume messages, i want messages again

mula, mulakan, mula semula, mulakan semula, langgan, langgan semula, sambung semula, hantar mesej semula, hantar semula mesej, boleh hantar mesej semula, saya nak mesej semula

ابدأ, ابدا, ابدأ من جديد, ابدأوا, بدء, اشتراك, اشترك, اشتركوا لي, استئناف, استئناف الرسائل, استأنفوا الرسائل, تفعيل الرسائل, فعلوا الرسائل, ارسلوا لي من جديد, اعادة الاشتراك, ستارت
`

// courtesies are words around a request that change nothing of it.
var courtesies = func() map[string]bool {
	all := phraseSet(`
please, pls, plz, plss, kindly, thanks, thank you, thankyou, thx, thnx, ty, tq, tqvm, tks, many thanks, cheers, hi, hello, hey, dear, sir, madam, team, ok, okay, so, now, sorry, regards, best regards, bye, immediately, at once, very much

tolong, sila, minta, terima kasih, trima kasih, timakasih, tima kasih, terimakasih, mohon, harap, maaf, maafkan, encik, cik, puan, tuan, tuan puan, bos, boss, abang, kak, ya, lah, la, je, ye, salam, assalamualaikum, assalamu alaikum, dulu, segera

من فضلك, من فضلكم, لو سمحت, لو سمحتم, لو سمحتوا, شكرا, شكرا لك, شكرا لكم, شكرا جزيلا, مشكور, مشكورين, رجاء, الرجاء, ارجوك, ارجوكم, ارجو, نرجو, يرجى, السلام عليكم, سلام, السلام, عليكم, مرحبا, اهلا, هلا, تكفى, تكفون, الله يخليك, الله يخليكم, الله يعطيكم, العافية, يعطيكم العافية, يعطيك العافية, عفوا, اخي, اختي, حالا, فورا, الان, الحين, دحين, خلاص, بس, يا جماعة`)
	maps.DeleteFunc(all, func(p string, _ bool) bool { _, asks := optPhrases[p]; return asks })
	return all
}()
