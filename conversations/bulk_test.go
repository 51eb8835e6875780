package conversations

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

func person(n int) channels.Handle {
	return channels.Handle{Kind: channels.HandlePhone, Value: fmt.Sprintf("+9665%08d", n)}
}

func TestEnrollTellsFamiliesOnce(t *testing.T) {
	rows := Enroll([]BulkRow{
		{To: person(1), Name: "Ahmad", Group: "family 1"}, {To: person(2), Name: "Siti", Group: "family 1"},
		{To: person(3), Name: "Omar"}, {To: person(1), Name: "Ahmad again"},
		{To: person(4), Group: "family 1"}, {To: person(5), Name: "Nur", Group: "family 2"}, {Conversation: "7"}, {Conversation: "7"},
		{To: channels.Handle{Kind: channels.HandleWhatsApp, Value: person(3).Value}, Name: "Omar by WhatsApp"},
	})
	want := []RowState{RowPending, RowGrouped, RowPending, RowRepeated, RowGrouped, RowPending, RowPending, RowRepeated, RowRepeated}
	for i, r := range rows {
		if r.State != want[i] || r.N != i || (r.Why == "") != (r.State == RowPending) {
			t.Errorf("row %d: %+v, want %s", i, r, want[i])
		}
	}
	if rows[0].Name != "Ahmad, Siti" || rows[5].Name != "Nur" {
		t.Errorf("addressed as %q and %q", rows[0].Name, rows[5].Name)
	}
	var many []BulkRow
	for i := range 10 {
		many = append(many, BulkRow{To: person(i), Name: fmt.Sprint("P", i), Group: "g"})
	}
	if name := Enroll(many)[0].Name; name != "P0, P1, P2, P3, P4, P5, …" {
		t.Errorf("a group of ten is addressed as %q", name)
	}
}

// Nobody is told twice, and nobody is forgotten.
func TestEnrollIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) BulkRow {
			r := BulkRow{To: person(rapid.IntRange(0, 20).Draw(t, "person"))}
			if g := rapid.IntRange(0, 5).Draw(t, "group"); g > 0 {
				r.Group = fmt.Sprint(g)
			}
			return r
		}), 1, 60).Draw(t, "list")
		rows, told, leads := Enroll(list), map[string]int{}, map[string]bool{}
		for _, r := range rows {
			if r.State == RowPending {
				told[r.To.Key()]++
				leads[r.Group] = leads[r.Group] || r.Group != ""
			}
		}
		for i, r := range rows {
			switch n := told[r.To.Key()]; {
			case n > 1:
				t.Fatalf("row %d is told %d times", i, n)
			case r.State == RowGrouped && !leads[r.Group]:
				t.Fatalf("row %d: nobody is told for group %s", i, r.Group)
			}
		}
		if again := Enroll(rows); fmt.Sprint(states(again)) != fmt.Sprint(states(rows)) {
			t.Fatal("enrolled again it is another ledger")
		}
	})
}

func states(rows []BulkRow) (out []RowState) {
	for _, r := range rows {
		out = append(out, r.State)
	}
	return out
}

func TestBulkMoves(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	may := map[[2]BulkStatus]bool{
		{BulkRunning, BulkPaused}: true, {BulkPaused, BulkRunning}: true, {BulkRunning, BulkCanceled}: true, {BulkPaused, BulkCanceled}: true, {BulkRunning, BulkCompleted}: true,
	}
	all := []BulkStatus{BulkRunning, BulkPaused, BulkCanceled, BulkCompleted}
	for _, from := range all {
		for _, to := range all {
			b, err := Bulk{Status: from, Version: 3}.Move(to, now)
			switch {
			case from == to && (err != nil || b.Version != 3):
				t.Errorf("%s again: %+v %v", from, b, err)
			case from != to && may[[2]BulkStatus{from, to}] != (err == nil):
				t.Errorf("%s to %s: %v", from, to, err)
			case from != to && err == nil && (b.Status != to || b.Version != 4 || !b.UpdatedAt.Equal(now)):
				t.Errorf("%s to %s: %+v", from, to, b)
			}
		}
	}
}
