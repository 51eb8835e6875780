package conversations

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var dawn = time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)

// Reports that come doubled and in any order end in the same state, and what was told
// is exactly what advanced it.
func TestReportsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "reports")
		var all []Report
		for i := range n { // no two at the same time: then the order of arrival would decide
			all = append(all, Report{ID: fmt.Sprint(i), Status: fmt.Sprint("s", i), At: dawn.Add(time.Duration(i) * time.Minute)})
		}
		come := append(rapid.Permutation(all).Draw(t, "order"), rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(t, "again")...)
		m := Matter{Reference: Reference{Kind: KindShipment, Value: "1"}}
		newest, advanced := time.Time{}, []string(nil)
		for i, r := range come {
			facts := map[string]any{"seat": r.ID}
			var known bool
			m, known = Learn(m, r, facts, dawn.Add(time.Hour))
			if known != (i >= n) {
				t.Fatalf("report %d known: %v", i, known)
			}
			if r.At.After(newest) {
				newest, advanced = r.At, append(advanced, r.ID)
			}
		}
		last, _ := m.Latest()
		if last.ID != fmt.Sprint(n-1) || m.Facts["seat"].Value != last.ID || int(m.Version) != n || len(m.Reports) != n {
			t.Fatalf("ends at %+v, facts %v", last, m.Facts)
		}
		var ids []string
		for _, r := range m.Waiting() {
			ids = append(ids, r.ID)
		}
		if !slices.Equal(ids, advanced) || m.Next.IsZero() {
			t.Fatalf("told %v, want %v", ids, advanced)
		}
		half := Told(m, ids[:1], "7", nil)
		if half.Next.IsZero() != (len(ids) == 1) || half.Opened != "7" {
			t.Fatalf("after one was told: next %v", half.Next)
		}
		if done := Told(half, ids, "8", nil); !done.Next.IsZero() || len(done.Waiting()) > 0 || done.Opened != "7" {
			t.Fatalf("after all were told: %+v", done)
		}
	})
}

func TestFactsThatChange(t *testing.T) {
	m, _ := Learn(Matter{}, Report{ID: "1", At: dawn, Customer: &Customer{Phone: "+1"}}, map[string]any{"seat": "1A", "bags": []any{"a"}}, dawn)
	m, _ = Learn(m, Report{ID: "2", At: dawn.Add(time.Hour)}, map[string]any{"seat": "1B", "bags": []any{"a"}}, dawn)
	m, _ = Learn(m, Report{ID: "0", At: dawn.Add(-time.Hour)}, map[string]any{"seat": "9Z", "meal": "veg"}, dawn)
	changed := map[string][]string{"0": {"meal"}, "1": {"bags", "seat"}, "2": {"seat"}}
	for _, r := range m.Reports {
		if !slices.Equal(r.Facts, changed[r.ID]) {
			t.Errorf("report %s changed %v, want %v", r.ID, r.Facts, changed[r.ID])
		}
	}
	if m.Facts["seat"].Value != "1B" || m.Facts["meal"].Value != "veg" {
		t.Errorf("facts %v", m.Facts)
	}
	if done := Told(m, []string{"1", "2"}, "", nil); done.Reports[1].Customer != nil {
		t.Error("the customer's address is kept after he was told")
	}
	if last, _ := m.Latest(); last.ID != "2" || !m.Reports[0].Late {
		t.Errorf("order %+v", m.Reports)
	}
}

// A date written the wrong way round lay months ahead, and nobody was told anything
// of the matter until then.
func TestReportsFromTheFutureCountAsOfNow(t *testing.T) {
	now := dawn.Add(time.Hour)
	m, _ := Learn(Matter{}, Report{ID: "1", At: now.Add(30 * 24 * time.Hour)}, map[string]any{"seat": "1A"}, now)
	m, _ = Learn(m, Report{ID: "2", At: now.Add(time.Second)}, map[string]any{"seat": "1B"}, now.Add(time.Minute))
	last, _ := m.Latest()
	if last.ID != "2" || last.Late || !m.Reports[0].At.Equal(now) || len(m.Waiting()) != 2 || m.Facts["seat"].Value != "1B" {
		t.Errorf("%+v, facts %v", m.Reports, m.Facts)
	}
	m, _ = Learn(m, Report{ID: "3", At: now.Add(clocksApart)}, nil, now) // a clock that is a little ahead is believed
	if last, _ = m.Latest(); last.ID != "3" || !last.At.Equal(now.Add(clocksApart)) {
		t.Errorf("of a clock that is ahead: %+v", last)
	}
}

func TestOldReportsGoFirst(t *testing.T) {
	var m Matter
	for i := range MostReports + 10 {
		m, _ = Learn(m, Report{ID: fmt.Sprint(i), At: dawn.Add(time.Duration(i) * time.Second)}, nil, dawn)
	}
	if len(m.Reports) != MostReports || m.Reports[0].ID != "10" {
		t.Errorf("%d kept from %s", len(m.Reports), m.Reports[0].ID)
	}
}
