package redisstore

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestShortBodiesComeBack: what is packed here the library reads back, whatever it is:
// words of the dictionaries, repetitions, noise.
func TestShortBodiesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		with := rapid.SampledFrom([]byte{packedJSON, packedText}).Draw(t, "dictionary")
		words := packers[with].words
		var body []byte
		for range rapid.IntRange(0, 30).Draw(t, "pieces") {
			switch rapid.IntRange(0, 2).Draw(t, "piece") {
			case 0:
				from := rapid.IntRange(0, len(words)-1).Draw(t, "from")
				body = append(body, words[from:min(len(words), from+rapid.IntRange(1, 200).Draw(t, "length"))]...)
			case 1:
				body = append(body, rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "noise")...)
			default:
				if n := len(body); n > 0 {
					body = append(body, body[rapid.IntRange(0, n-1).Draw(t, "again"):]...)
				}
			}
			body = body[:min(len(body), shortBody)]
		}
		head := []byte("head\t")
		packed := pack(with, bytes.Clone(head), body)
		if !bytes.HasPrefix(packed, head) || len(packed) > len(head)+len(body) {
			t.Fatalf("%d bytes became %d", len(body), len(packed)-len(head))
		}
		if len(body) > 0 && (body[0] == packedJSON || body[0] == packedText) {
			return // no plain body begins so
		}
		back, err := unpack(packed[len(head):])
		if err != nil || !bytes.Equal(back, body) {
			t.Fatalf("%q came back as %q: %v", body, back, err)
		}
	})
}
