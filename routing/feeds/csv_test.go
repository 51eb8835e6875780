package feeds

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/conversations"
)

var riyadh = time.FixedZone("Asia/Riyadh", 3*60*60)

// readAll reads a file whole.
func readAll(t testing.TB, s Sheet, text string) (Header, []Line) {
	t.Helper()
	h, lines, err := s.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return h, slices.Collect(lines)
}

func TestFilesAsTheyAre(t *testing.T) {
	at := time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)
	want := Event{
		Reference: conversations.Reference{Kind: "awb", Value: "1086396430"},
		Report: conversations.Report{
			ID: "E1", Code: "OH", Status: "Held in customs", Detail: "invoice, missing", Location: "Jeddah", At: at,
			Customer: &conversations.Customer{Name: "Omar", Phone: "+966501234567"},
		},
	}
	for name, text := range map[string]string{
		"commas":            "awb,event id,code,status,time,remarks,city,consignee,mobile\n108 639 6430,E1,OH,Held in customs,2026-11-21 08:30,\"invoice, missing\",Jeddah,Omar,+966 50 123 4567\n",
		"no end":            "awb,id,code,status,at,detail,location,name,phone\n1086396430,E1,OH,Held in customs,2026-11-21T08:30:00+03:00,\"invoice, missing\",Jeddah,Omar,00966501234567",
		"semicolons, BOM":   "\ufeffTracking Number;ID;Status Code;Status;Date;Time;Note;Place;Customer;Phone\r\n1086396430;E1;OH;Held in customs;21/11/2026;08:30;invoice, missing;Jeddah;Omar;+966501234567\r\n",
		"tabs":              "AWB\tUUID\tCode\tEvent\tTimestamp\tComment\tStation\tReceiver\tTel\n1086396430\tE1\tOH\tHeld in customs\t1795239000\tinvoice, missing\tJeddah\tOmar\t+966501234567\n",
		"CR alone":          "AWB;UUID;Code;Event;Timestamp;Comment;Station;Receiver;Tel\r1086396430;E1;OH;Held in customs;1795239000;invoice, missing;Jeddah;Omar;+966501234567\r",
		"Excel says":        "sep=;\nawb;id;code;status;at;detail;location;name;phone\n1086396430;E1;OH;Held in customs;1795239000000;invoice, missing;Jeddah;Omar;+966501234567\n",
		"Arabic":            "رقم الشحنة,رقم الحدث,الرمز,حالة الشحنة,التاريخ,ملاحظات,المدينة,اسم المستلم,رقم الجوال\n١٠٨٦٣٩٦٤٣٠,E1,OH,Held in customs,٢٠٢٦-١١-٢١ ٠٨:٣٠,\"invoice, missing\",Jeddah,Omar,+٩٦٦٥٠١٢٣٤٥٦٧\n",
		"Malay":             "No. Konsainan;ID Peristiwa;Kod;Keadaan;Tarikh;Masa;Catatan;Bandar;Nama Penerima;No. Telefon\n1086396430;E1;OH;Held in customs;21.11.2026;08:30;invoice, missing;Jeddah;Omar;+966501234567\n",
		"certain over near": "reference,awb,event,status,id,code,at,detail,location,name,phone\nMY-1,1086396430,scan,Held in customs,E1,OH,2026-11-21 08:30,\"invoice, missing\",Jeddah,Omar,+966501234567\n",
	} {
		t.Run(name, func(t *testing.T) {
			h, lines := readAll(t, Sheet{Zone: riyadh, Columns: map[string]string{}}, strings.Replace(text, "الرمز", "رمز", 1))
			if h.Kind != conversations.KindShipment || len(lines) != 1 || lines[0].Err != nil {
				t.Fatalf("%+v, %+v", h, lines)
			}
			got, who := lines[0].Event, *lines[0].Event.Report.Customer
			if got.Report.Customer = want.Report.Customer; who != *want.Report.Customer || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("line %d: %+v (%+v), want %+v", lines[0].N, got, who, want)
			}
		})
	}
}

// Of two columns of one name nobody can say which is meant; what is not used may be called anything.
func TestDoubledColumns(t *testing.T) {
	for header, fault := range map[string]string{
		"awb,status,Status":                       `columns 2 and 3 are both called "Status"`,
		"awb,awb,status":                          "columns 1 and 2",
		"booking no,status,Note to us,note_to us": "columns 3 and 4",
		"booking no,status,balance,Balance":       "columns 3 and 4",
		"awb,status,weight,weight":                "",
		"awb,status,,":                            "",
		"booking no,status,,":                     "",
		"awb,status,remarks,note":                 "",
	} {
		_, _, err := Sheet{}.Read(strings.NewReader(header + "\n"))
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%s: %v, want %q", header, err, fault)
		}
	}
}

func TestABookingsOtherColumnsAreFacts(t *testing.T) {
	h, lines := readAll(t, Sheet{Zone: riyadh}, "Booking No;Status;Departure;Balance Due;Pax;Seat\nUMR-2291;confirmed;2026-12-12;;4;12A\n")
	if h.Kind != conversations.KindBooking || len(h.Unused) != 0 || len(lines) != 1 || lines[0].Err != nil {
		t.Fatalf("%+v, %+v", h, lines)
	}
	if got := fmt.Sprint(lines[0].Event.Facts); got != "map[departure:2026-12-12 pax:4 seat:12A]" {
		t.Errorf("facts %s", got)
	}
	if h, _ := readAll(t, Sheet{}, "awb;status;Weight\n"); fmt.Sprint(h.Unused) != "[Weight]" {
		t.Errorf("of a shipment's columns %v are of no use", h.Unused)
	}
}

func TestABadLineIsNamedAndTheRestGoesOn(t *testing.T) {
	text := "awb,id,status,at,phone\n" + // 1
		"1000000001,a,Delivered,2026-11-21,\n" +
		"1000000002,b,Delivered,yesterday,\n" + // 3: no time
		"1000000003,c,Delivered\n" + // 4: too few
		"\n" +
		"1000000004,d,\"Deli\nvered\",2026-11-21,\n" + // 6 and 7
		"1000000005,e,\"Delivered,2026-11-21,\n" + // 8: never closed
		"1000000006,f,,2026-11-21,0501234567\n" + // 9: no status, no number
		"!!!,g,Delivered,2026-11-21,\n" + // 10
		"1000000007,h,\"Deli\"vered,2026-11-21,\n" + // 11
		"1000000008,i,Deliv\xffered,2026-11-21,\n" + // 12
		strings.Repeat("x", maxLine+10) + "\n" + // 13
		",,,,\n" +
		"1000000009,j,Delivered 12\",2026-11-21,\n" // 15
	_, lines := readAll(t, Sheet{}, text)
	got := map[int]string{}
	var good []string
	for _, l := range lines {
		if l.Err == nil {
			good = append(good, fmt.Sprint(l.N, " ", l.Event.Report.ID))
			continue
		}
		got[l.N] = l.Err.Error()
	}
	if want := []string{"2 a", "6 d", "15 j"}; !slices.Equal(good, want) {
		t.Errorf("good are %q, want %q", good, want)
	}
	for n, want := range map[int]string{
		3: "at: is not a time", 4: "has 3 cells, and the header 5", 8: "never closed", 9: "status: is missing", 10: "reference: is not a number",
		11: "quotation mark", 12: "UTF-8", 13: "longer than",
	} {
		if !strings.Contains(got[n], want) {
			t.Errorf("line %d: %q, want %q", n, got[n], want)
		}
		delete(got, n)
	}
	if len(got) > 0 {
		t.Errorf("also wrong: %v", got)
	}
	if i := slices.IndexFunc(lines, func(l Line) bool { return l.N == 9 }); i < 0 || !strings.Contains(lines[i].Err.Error(), "phone: is not a number") {
		t.Errorf("one fault hides the other: %+v", lines)
	}
}

func TestHeadersThatWillNotDo(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "line 1: holds nothing",
		"\n\n":                       "holds nothing",
		"status,at\n":                "no column holds the shipment's or booking's number",
		"awb,at\n":                   "no column holds the status",
		"reference,status\n":         "whether these are shipments or bookings",
		"\xff\xfea\x00w\x00b\x00":    "UTF-16",
		"PK\x03\x04 a sheet":         "save the sheet as CSV",
		"\"awb,status\n":             "never closed",
		strings.Repeat("x,", 201):    "more than 200",
		strings.Repeat("x", maxLine): "longer than",
	} {
		if _, _, err := (Sheet{}).Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, _, err := (Sheet{Columns: map[string]string{"status": "Etat"}}).Read(strings.NewReader("awb,status\n")); err == nil || !strings.Contains(err.Error(), `"Etat"`) {
		t.Errorf("a column that is not there: %v", err)
	}
	if _, lines, err := (Sheet{Kind: "awb", Columns: map[string]string{"status": "Etat", "reference": "Date"}}).Read(strings.NewReader("Date,Etat\n1086396430,ok\n")); err != nil {
		t.Error(err)
	} else if l := slices.Collect(lines); len(l) != 1 || l[0].Err != nil || l[0].Event.Report.Status != "ok" {
		t.Errorf("columns that were assigned: %+v", l)
	}
}

// A disk that fails in the middle is told, and not taken for the end.
func TestAReaderThatFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, lines, err := (Sheet{}).Read(io.MultiReader(strings.NewReader("awb,status\n1,x\n2,"), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(lines)
	if len(all) != 2 || all[0].Err != nil || !errors.Is(all[1].Err, broken) || all[1].N != 3 {
		t.Errorf("%+v", all)
	}
}

// What encoding/csv writes is read as it was meant, whatever the separator.
func TestReadsWhatOthersWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comma := rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "comma")
		cell := rapid.StringMatching(`[a-z "',;|\t\n٣]{0,12}`)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 3, 3), 0, 8).Draw(t, "rows")
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.Comma = comma
		_ = w.Write([]string{"awb", "id", "status"})
		_ = w.WriteAll(rows)
		in := &lines{r: bufio.NewReaderSize(&file, maxLine)}
		if _, err := in.header(); err != nil {
			t.Fatal(err)
		}
		for _, want := range rows {
			_, cells, err := in.record(byte(comma), 3)
			if err != nil || !slices.Equal(cells, want) {
				t.Fatalf("read %q (%v), wrote %q", cells, err, want)
			}
		}
		if _, _, err := in.record(byte(comma), 3); !errors.Is(err, io.EOF) {
			t.Fatalf("more than was written: %v", err)
		}
	})
}

// Whatever a file holds, every line is read once, in order, and nothing panics.
func FuzzSheet(f *testing.F) {
	f.Add("awb,id,status\n1,2,3\n")
	f.Add("\ufeffرقم الحجز;الحالة;x\n\"١\n٢\";مؤكد;\"\n\n\"\"\n")
	f.Add("awb\tstatus\n\"\"\"\t\"\n\x00\t\xff\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, lines, err := Sheet{Kind: conversations.KindBooking, Zone: riyadh}.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		last, most := 0, strings.Count(text, "\n")+1
		for l := range lines {
			if l.N <= last || l.N > most {
				t.Fatalf("line %d after %d of %d", l.N, last, most)
			}
			if last = l.N; l.Err == nil && (l.Event.Report.ID == "" || l.Event.Reference.Value == "") {
				t.Fatalf("line %d: %+v", l.N, l.Event)
			}
		}
	})
}

func TestTimes(t *testing.T) {
	want := time.Date(2026, 11, 21, 12, 4, 5, 0, time.UTC)
	for _, text := range []string{
		"2026-11-21T15:04:05+03:00", "2026-11-21T12:04:05Z", "2026-11-21T12:04:05.000Z", "2026-11-21 15:04:05", "21/11/2026 15:04:05", " 21/11/2026  3:04:05 PM",
		"21-11-2026 15:04:05", "21.11.2026 15:04:05", "21 Nov 2026 15:04:05", "20261121150405", "٢١/١١/٢٠٢٦ ١٥:٠٤:٠٥", "1795262645", "1795262645000", "2026-11-21T15:04:05+0300",
	} {
		if at, err := Time(text, riyadh); err != nil || !at.Equal(want) {
			t.Errorf("%q is %v (%v)", text, at, err)
		}
	}
	for _, text := range []string{"yesterday", "2026", "32/01/2026", "0001-01-01", "12", "99999999999999", "2026-11-21 25:00", "-1795262645"} {
		if at, err := Time(text, riyadh); err == nil {
			t.Errorf("%q is %v", text, at)
		}
	}
	if at, err := Time(" ", riyadh); err != nil || !at.IsZero() {
		t.Errorf("nothing is %v (%v)", at, err)
	}
}
