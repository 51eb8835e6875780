package redisstore

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
)

// position is a place in one log, as Redis names it.
type position struct{ ms, seq uint64 }

func (p position) String() string {
	return strconv.FormatUint(p.ms, 10) + "-" + strconv.FormatUint(p.seq, 10)
}

func (p position) before(o position) bool { return p.ms < o.ms || p.ms == o.ms && p.seq < o.seq }

func parsePosition(id string) position {
	m, q, _ := strings.Cut(id, "-")
	var p position
	p.ms, _ = strconv.ParseUint(m, 10, 64)
	p.seq, _ = strconv.ParseUint(q, 10, 64)
	return p
}

// encodePositions writes a place in all logs: the greatest ms, then for each log
// how far behind it is, and the sequence number.
func encodePositions(at []position) conversations.EventID {
	var top uint64
	for _, p := range at {
		top = max(top, p.ms)
	}
	b := binary.AppendUvarint(nil, top)
	for _, p := range at {
		b = binary.AppendUvarint(b, top-p.ms)
		b = binary.AppendUvarint(b, p.seq)
	}
	return conversations.EventID(base64url.EncodeToString(b))
}

func decodePositions(id conversations.EventID, n int) ([]position, error) {
	b, err := base64url.DecodeString(string(id))
	if err != nil {
		return nil, conversations.ErrCursor
	}
	bad := false
	next := func() uint64 {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			bad = true
			return 0
		}
		b = b[k:]
		return v
	}
	top := next()
	at := make([]position, n)
	for i := range at {
		behind := next()
		bad = bad || behind > top
		at[i] = position{top - behind, next()}
	}
	if bad || len(b) > 0 {
		return nil, conversations.ErrCursor
	}
	return at, nil
}
