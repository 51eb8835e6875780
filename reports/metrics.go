package reports

import (
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// How the points of a metric make one figure.
const (
	Count  = "count"  // how many there are, or their sum where each counts more than one
	Share  = "share"  // percent of them that are 1
	Mean   = "mean"   // their average
	Median = "median" // the middle one
	P90    = "p90"    // nine of ten are at most this
)

// Metric is one definition of one figure, for every report and every tile.
type Metric struct {
	Name  string
	Title string
	Unit  string // conversations, percent, minutes, calls, answers, points
	By    string // Count, Share, Mean, Median or P90
	Of    func(*Case) []Point
}

// Report is some metrics under one name.
type Report struct {
	Name    string
	Title   string
	Metrics []Metric
}

// quick is how soon a customer should have his first answer.
const quick = 2 * time.Hour

// Reports are all there are, in the order in which they are shown.
var Reports = []Report{
	{"volume", "What came in, and what was done with it", []Metric{
		{"opened", "Opened", "conversations", Count, opened},
		{"solved", "Solved", "conversations", Count, solved},
		{"reopened", "Taken up again", "conversations", Count, reopened},
		{"replies", "Officers' answers", "answers", Count, replies},
	}},
	{"first_response", "First answers", []Metric{
		{"answered", "Answered", "conversations", Count, answered},
		{"first_response_median", "Median", "minutes", Median, answered},
		{"first_response_p90", "Nine of ten within", "minutes", P90, answered},
		{"first_response_2h", "Within two hours", "percent", Share, quickly},
		{"first_response_in_time", "Within the desk's time", "percent", Share, clock("first_response", nil)},
	}},
	{"tat", "Closed in time", []Metric{
		{"closed_in_tat", "Closed within their TAT", "percent", Share, clock("resolution", nil)},
		{"tat_median", "Median TAT", "minutes", Median, turnaround},
		{"tat_p90", "Nine of ten within", "minutes", P90, turnaround},
	}},
	{"clocks", "Clocks, those that desks name themselves too", []Metric{
		{"met_in_time", "Met in time", "percent", Share, clocks},
		{"ran_out", "Ran out", "conversations", Count, ranOut},
	}},
	{"held_clearance", "Held shipments", []Metric{
		{"held", "Held in customs", "conversations", Count, only(held, opened)},
		{"cleared_in_tat", "Cleared within their TAT", "percent", Share, clock("customs", nil)},
		{"deviations", "Deviations", "conversations", Count, deviations},
	}},
	{"complaints", "Complaints", []Metric{
		{"complaints", "Complaints", "conversations", Count, only(complaint, opened)},
		{"complaints_in_time", "Solved in time", "percent", Share, clock("resolution", complaint)},
		{"complaints_answered_in_time", "Answered in time", "percent", Share, clock("first_response", complaint)},
	}},
	{"first_contact", "Solved at the first contact", []Metric{
		{"first_contact", "Solved without the customer's writing again", "percent", Share, firstContact},
		{"solved", "Solved", "conversations", Count, solved},
	}},
	{"callbacks", "Promises to ring", []Metric{
		{"promises", "Promised", "calls", Count, promised},
		{"kept", "Kept", "percent", Share, kept},
		{"kept_on_time", "Kept on time", "percent", Share, keptOnTime},
		{"attempts", "Attempts for each", "calls", Mean, attempts},
		{"ring_to_talk", "From the first ring to the talk", "minutes", Median, ringToTalk},
		{"abandoned", "Taken by the customer, and connected to nobody", "percent", Share, abandoned},
	}},
	{"conversion", "Bookings won", []Metric{
		{"inquiries", "Inquiries", "conversations", Count, only(inquiry, opened)},
		{"conversion", "Became a booking", "percent", Share, converted},
	}},
	{"retention", "Customers who came back", []Metric{
		{"customers", "Conversations of known customers", "conversations", Count, only(known, opened)},
		{"retention", "Had been here before", "percent", Share, returned},
	}},
	{"feedback", "What customers say", []Metric{
		{"csat", "Satisfied with our help, 1 to 5", "points", Mean, surveys(conversations.CSAT, score)},
		{"csat_responses", "Answered when asked", "percent", Share, surveys(conversations.CSAT, responded)},
		{"nps", "Net Promoter Score", "points", Mean, surveys(conversations.NPS, net)},
		{"nps_responses", "Answered when asked", "percent", Share, surveys(conversations.NPS, responded)},
	}},
	{"rounds", "Review rounds", []Metric{
		{"covered", "Covered by rounds", "conversations", Count, looked(coveredByRound)},
		{"coverage", "Looked at", "percent", Share, looked(seenInRound)},
		{"missed", "Missed", "conversations", Count, looked(missedByRound)},
	}},
	{"officers", "Officers' load", []Metric{
		{"given", "Given", "conversations", Count, given},
		{"solved", "Solved", "conversations", Count, solved},
		{"replies", "Answers", "answers", Count, replies},
		{"in_hand", "In hand now", "conversations", Count, inHand},
	}},
}

// Find returns the report of that name.
func Find(name string) (Report, bool) {
	i := slices.IndexFunc(Reports, func(r Report) bool { return r.Name == name })
	if i < 0 {
		return Report{}, false
	}
	return Reports[i], true
}

func (r Report) metric(name string) (Metric, bool) {
	i := slices.IndexFunc(r.Metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return r.Metrics[i], true
}

func opened(k *Case) []Point {
	if k.Opened.IsZero() { // erased: only its rounds are known
		return nil
	}
	return []Point{{At: k.Opened, Value: 1}}
}

func solved(k *Case) []Point { return each(k.Solved) }

func replies(k *Case) []Point { return each(k.Replies) }

func given(k *Case) []Point { return each(k.Given) }

func each(acts []Act) []Point {
	var out []Point
	for _, a := range acts {
		out = append(out, Point{At: a.At, Value: 1, Officer: a.By})
	}
	return out
}

// reopened counts at the end that turned out to be none.
func reopened(k *Case) []Point {
	var out []Point
	for i := range min(k.Reopened, len(k.Solved)) {
		out = append(out, Point{At: k.Solved[i].At, Value: 1, Officer: k.Solved[i].By})
	}
	return out
}

func answered(k *Case) []Point {
	if k.Answered.IsZero() {
		return nil
	}
	return []Point{{At: k.Answered, Value: k.Answered.Sub(k.Opened).Minutes(), Officer: k.Answerer}}
}

func quickly(k *Case) []Point {
	out := answered(k)
	for i := range out {
		out[i].Value = yes(out[i].Value <= quick.Minutes())
	}
	return out
}

func turnaround(k *Case) []Point {
	if k.Ended.IsZero() {
		return nil
	}
	last := k.Solved[len(k.Solved)-1]
	return []Point{{At: k.Ended, Value: k.Ended.Sub(k.Opened).Minutes(), Officer: last.By}}
}

func firstContact(k *Case) []Point {
	if k.Ended.IsZero() || k.Answered.IsZero() {
		return nil
	}
	return []Point{{At: k.Ended, Value: yes(k.After == 0 && k.Reopened == 0), Officer: k.Answerer}}
}

// only narrows a metric to the cases that fit.
func only(fits func(*Case) bool, of func(*Case) []Point) func(*Case) []Point {
	return func(k *Case) []Point {
		if !fits(k) {
			return nil
		}
		return of(k)
	}
}

func held(k *Case) bool      { return k.Conversation.Category == "held_in_customs" }
func complaint(k *Case) bool { return k.Conversation.Category == "complaint" }
func known(k *Case) bool     { return k.Conversation.Contact.ID != "" }

func inquiry(k *Case) bool {
	return slices.Contains([]string{"package_inquiry", "availability", "new_booking"}, k.Conversation.Category)
}

// Won are the dispositions and stages of an inquiry that became a booking.
var won = []string{"reserved", "paid", "confirmed", "documents_sent", "travelling", "completed"}

func converted(k *Case) []Point {
	if !inquiry(k) {
		return nil
	}
	is := slices.Contains(won, k.Conversation.Disposition) ||
		slices.ContainsFunc(k.Stages, func(s Stage) bool { return slices.Contains(won, s.Name) })
	return []Point{{At: k.Opened, Value: yes(is)}}
}

// returned tells by the contact: he has the number of the conversation that first knew him.
func returned(k *Case) []Point {
	if !known(k) {
		return nil
	}
	first := conversations.ContactID("k" + string(k.Conversation.ID))
	return []Point{{At: k.Opened, Value: yes(k.Conversation.Contact.ID != first)}}
}

func inHand(k *Case) []Point {
	if c := k.Conversation; c.Assignee != nil && c.Status.Live() {
		return []Point{{Value: 1, Officer: c.Assignee.ID}}
	}
	return nil
}

func yes(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
