package sms

import (
	"hash/fnv"
	"slices"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// Number is the number of ours that a message goes out from; empty if a messaging
// service chooses. The one that the customer wrote to goes first. Of a pool each
// customer always gets the same, so that his phone shows one thread (rendezvous
// hashing: a number more or less in the pool moves only the customers who must move).
func (s *Sender) Number(m channels.Outbound) string {
	if m.Account != "" && (m.Account == s.Messages.From || len(s.Pool) == 0 || slices.Contains(s.Pool, m.Account)) {
		return m.Account
	}
	best, most := "", uint64(0)
	for _, number := range s.Pool {
		h := fnv.New64a()
		_, _ = h.Write([]byte(number + " " + m.To.Value))
		if weight := mix(h.Sum64()); best == "" || weight > most {
			best, most = number, weight
		}
	}
	return best
}

// mix spreads a hash whose high bits depend little on its input's end (MurmurHash3's finalizer).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// checkMedia refuses what would be refused on the way: files that are too large, too many or of no accepted kind.
func checkMedia(files []channels.Attachment) error {
	var size int64
	for _, f := range files {
		size += f.Size
		kind, _, _ := strings.Cut(strings.ToLower(f.ContentType), ";")
		if kind != "" && !slices.ContainsFunc(accepted, func(a string) bool { return strings.HasPrefix(kind, a) }) {
			return twilio.Refused(12300)
		}
	}
	switch {
	case len(files) > mostFiles:
		return twilio.Refused(21623)
	case size > mostMedia:
		return twilio.Refused(30019)
	}
	return nil
}

// Limits of what goes with an MMS.
// https://www.twilio.com/docs/messaging/guides/accepted-mime-types
const (
	mostMedia = 5 << 20 // bytes, all files together
	mostFiles = 10
)

// accepted are the kinds of files that Twilio takes for an MMS; an empty one is found out by Twilio.
var accepted = []string{"image/", "audio/", "video/", "application/pdf", "application/vcard", "text/vcard", "text/x-vcard", "text/calendar", "text/csv", "text/rtf", "text/richtext", "text/directory"}
