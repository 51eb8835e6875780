package email

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strings"
	"time"
)

// Lengths of the parts of a conversation index ([MS-OXOMSG] 2.2.1.3).
const (
	indexHead  = 22 // 01, five bytes of time, a GUID
	indexChild = 5
	indexMost  = indexHead + 100*indexChild
)

// replyPrefix is what programs put before a subject that is answered or passed on.
var replyPrefix = regexp.MustCompile(`(?i)^\s*(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv|enc|antw|bls|رد|إعادة توجيه)(?:\[\d+\])?\s*[:：]\s*)+`)

// threadTopic is the subject that Outlook groups by.
func threadTopic(subject string) string {
	return strings.TrimSpace(replyPrefix.ReplaceAllString(subject, ""))
}

// indexBegan is the time in the heads that we make: the same for all mails of a
// conversation, though they are made without knowing each other.
var indexBegan = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// threadIndex is the place of a mail in its conversation, for Outlook, which
// heeds References less. It continues the index of the mail answered where that
// has one; else the conversation's identity is made of its first Message-ID.
func threadIndex(answered, first string, now time.Time) string {
	old, err := base64.StdEncoding.DecodeString(strings.TrimSpace(answered))
	if err != nil || len(old) < indexHead || (len(old)-indexHead)%indexChild != 0 || len(old) >= indexMost || old[0] != 1 {
		guid := sha256.Sum256([]byte("caravan mail conversation\x00" + first))
		old = append(append([]byte{1}, fileTime(indexBegan)[1:6]...), guid[:16]...)
	}
	return base64.StdEncoding.EncodeToString(append(old, indexStep(old, now)...))
}

// fileTime is a time in units of 100 ns since 1601, most significant byte first.
func fileTime(t time.Time) []byte {
	const epoch = 11_644_473_600 // seconds from 1601 to 1970
	return binary.BigEndian.AppendUint64(nil, uint64((t.Unix()+epoch)*10_000_000+int64(t.Nanosecond()/100)))
}

// indexStep is one level of answer: a bit for the unit, 31 bits of the time
// since the conversation began, and a byte of chance, here none.
func indexStep(head []byte, now time.Time) []byte {
	began := binary.BigEndian.Uint64(append([]byte{1}, append(append([]byte{}, head[1:6]...), 0, 0)...))
	since := uint64(0)
	if n := binary.BigEndian.Uint64(fileTime(now)); n > began {
		since = n - began
	}
	unit, shift := uint32(0), 18
	if since>>49 != 0 { // more than 1.7 years
		unit, shift = 1<<31, 23
	}
	step := binary.BigEndian.AppendUint32(nil, unit|uint32(since>>shift)&(1<<31-1))
	return append(step, 0)
}

// thread sets Outlook's own threading fields.
func (l letter) thread(h *fields, refs []string) {
	first := l.id()
	if len(refs) > 0 {
		first = refs[0]
	}
	h.add("Thread-Index", threadIndex(l.ThreadIndex, first, l.Date))
	h.add("Thread-Topic", encodeSubject(cutRunes(threadTopic(cleanLine(l.Subject)), longest)))
}
