package email

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Outlook packs what it cannot say in MIME into winmail.dat: TNEF ([MS-OXTNEF]).
const (
	tnefSignature = 0x223E9F78
	maxTNEF       = 200 // files out of one winmail.dat

	attBody         = 0x0002800C
	attMessageProps = 0x00069003
	attCodePage     = 0x00069007
	attRendData     = 0x00069002 // a new attachment begins
	attTitle        = 0x00018010
	attData         = 0x0006800F
	attAttachProps  = 0x00069005

	propBody        = 0x1000
	propRTF         = 0x1009
	propHTML        = 0x1013
	propDisplayName = 0x3001
	propData        = 0x3701
	propFileName    = 0x3704
	propLongName    = 0x3707
	propMIMEType    = 0x370E
	propContentID   = 0x3712
	propCodePage    = 0x3FDE
)

// tnef is what a TNEF stream holds.
type tnef struct {
	text, html string
	files      []Attachment
	charset    string
}

// readTNEF decodes a stream as far as it goes; ok is false if it is none.
func readTNEF(b []byte, depth int) (t tnef, ok bool) {
	r := &byteReader{b: b}
	if r.u32() != tnefSignature || depth > 5 {
		return tnef{}, false
	}
	r.take(2)
	var file *Attachment
	keep := func() {
		if file != nil && len(t.files) < maxTNEF {
			t.files = append(t.files, *file)
		}
		file = nil
	}
	for !r.failed && len(r.b) >= 11 {
		r.take(1)
		id, data := r.u32(), r.take(int(r.u32()))
		r.take(2)
		if id == attRendData {
			keep()
			file = &Attachment{}
			continue
		}
		if file == nil {
			t.messageAttribute(id, data)
			continue
		}
		switch id {
		case attTitle:
			if file.Name == "" {
				file.Name = baseName(t.string(data))
			}
		case attData:
			file.Data = data
		case attAttachProps:
			t.fileProps(file, data, depth)
		}
	}
	keep()
	for i := range t.files {
		if t.files[i].ContentType == "" {
			t.files[i].ContentType = typeByName(t.files[i].Name)
		}
	}
	return t, true
}

func (t *tnef) messageAttribute(id uint32, data []byte) {
	switch id {
	case attCodePage:
		t.codePage(data)
	case attBody:
		t.text = t.string(data)
	case attMessageProps:
		var html, rtf []byte
		properties(data, func(id, kind uint16, value []byte) {
			switch id {
			case propBody:
				t.text = t.value(kind, value)
			case propHTML:
				html = value
			case propRTF:
				rtf = value
			case propCodePage:
				t.codePage(value)
			}
		})
		if len(html) > 0 {
			t.html, _ = decodeCharset(bytes.TrimRight(html, "\x00"), t.charset, true)
		}
		if t.text == "" && t.html == "" && len(rtf) > 0 {
			if plain, ok := inflateRTF(rtf); ok {
				t.text = rtfText(plain)
			}
		}
	}
}

// fileProps reads the properties of an attachment; a message in it is opened too.
func (t *tnef) fileProps(file *Attachment, data []byte, depth int) {
	long := ""
	properties(data, func(id, kind uint16, value []byte) {
		switch id {
		case propLongName:
			long = baseName(t.value(kind, value))
		case propFileName, propDisplayName:
			if file.Name == "" {
				file.Name = baseName(t.value(kind, value))
			}
		case propMIMEType:
			file.ContentType = parseMedia(t.value(kind, value)).value
		case propContentID:
			file.ContentID = firstID(t.value(kind, value))
		case propData:
			if kind == 0x0D && len(value) > 16 { // an object: its interface's ID comes first
				value = value[16:]
			}
			file.Data = value
			if in, ok := readTNEF(value, depth+1); ok {
				t.text = joinText(t.text, in.text)
				t.files = append(t.files, in.files[:min(len(in.files), max(0, maxTNEF-len(t.files)))]...)
			}
		}
	})
	if long != "" {
		file.Name = long
	}
}

func (t *tnef) codePage(b []byte) {
	if len(b) >= 4 && t.charset == "" {
		switch n := binary.LittleEndian.Uint32(b); {
		case n == 65001:
			t.charset = "utf-8"
		case n > 0:
			t.charset = cleanLabel(fmt.Sprintf("cp%d", n))
		}
	}
}

// value reads a string property: eight-bit, or UTF-16 if its type says so.
func (t *tnef) value(kind uint16, b []byte) string {
	if kind != 0x1F {
		return t.string(b)
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

func (t *tnef) string(b []byte) string {
	text, _ := decodeCharset(bytes.TrimRight(b, "\x00"), t.charset, false)
	return text
}

// properties goes through a list of MAPI properties ([MS-OXTNEF] §2.1.3.4),
// handing out the first value of each.
func properties(b []byte, each func(id, kind uint16, value []byte)) {
	r := &byteReader{b: b}
	for n := r.u32(); n > 0 && !r.failed && len(r.b) > 0; n-- {
		kind, id := r.u16(), r.u16()
		if id >= 0x8000 {
			r.take(16)
			if r.u32() == 0 {
				r.take(4)
			} else {
				r.padded(int(r.u32()))
			}
		}
		many := kind&0x1000 != 0
		kind &^= 0x1000
		size, variable := propertySize(kind)
		values := uint32(1)
		if many || variable {
			values = r.u32()
		}
		for i := uint32(0); i < values && !r.failed; i++ {
			length := size
			if variable {
				length = int(r.u32())
			}
			if value := r.padded(length); i == 0 && !r.failed {
				each(id, kind, value)
			}
		}
	}
}

// propertySize is the size of a value in bytes, or that it carries its own.
func propertySize(kind uint16) (size int, variable bool) {
	switch kind {
	case 0x05, 0x06, 0x07, 0x14, 0x40:
		return 8, false
	case 0x48:
		return 16, false
	case 0x0D, 0x1E, 0x1F, 0x102:
		return 0, true
	}
	return 4, false
}

// byteReader takes little-endian values off b; after the end it fails and gives zeros.
type byteReader struct {
	b      []byte
	failed bool
}

func (r *byteReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.failed, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// padded takes n bytes and what fills them up to a multiple of four.
func (r *byteReader) padded(n int) []byte {
	out := r.take(n)
	r.take(min(-n&3, len(r.b)))
	return out
}

func (r *byteReader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *byteReader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}
