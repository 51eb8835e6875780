package routing

// The places of labels that priors speak for; commonest are those of each desk's commonest category.
var (
	ofTrace   = targets[DeskTrace]
	ofBooking = targets[DeskBooking]
	unclear   = targets[DeskOther+"/unclear"][0]
	greeting  = targets[DeskOther+"/greeting_only"][0]
	thanks    = targets[DeskOther+"/thanks_only"][0]
	commonest = [...]int{targets[DeskTrace+"/where_is_my_shipment"][0], targets[DeskBooking+"/package_inquiry"][0]}
)

// priors adds what the message as a whole says: its references, and that it holds
// nothing but a greeting or thanks.
func (m *matter) priors() {
	awb, booking := 0.0, 0.0
	for _, r := range m.refs {
		switch {
		case r.Kind == Booking:
			booking = bookingNumber
		case r.Valid:
			awb = validAWB
		default:
			awb = max(awb, invalidAWB)
		}
	}
	for _, i := range ofTrace {
		m.sum[i] += awb
	}
	for _, i := range ofBooking {
		m.sum[i] += booking
	}
	m.sum[unclear] += unclearPrior
	for _, i := range commonest {
		if m.sum[i] > 0 {
			m.sum[i] += defaultPrior
		}
	}
	switch m.polite() {
	case "greeting_only":
		m.sum[greeting] += politeOnly
	case "thanks_only":
		m.sum[thanks] += politeOnly
	}
}

// polite tells whether a message is only a greeting or only thanks: every word is a
// word of courtesy.
func (m *matter) polite() string {
	if len(m.refs) > 0 || len(m.d.tokens) == 0 {
		return ""
	}
	is := "greeting_only"
	for i := 0; i < len(m.d.tokens); {
		greet, thanks, n := m.courtesy(i)
		switch {
		case thanks:
			is = "thanks_only"
		case !greet:
			return ""
		}
		i += n
	}
	return is
}

// courtesy tells whether token i starts a greeting (or a word that goes with one), or
// thanks, and how many tokens that covers.
func (m *matter) courtesy(i int) (greet, thanks bool, n int) {
	is := m.d.marks[i]
	n = 1
	if is&courtesyMarks == 0 {
		return false, false, n
	}
	for _, e := range m.d.edges[m.d.first[i]:m.d.first[i+1]] {
		if m.lex.marks[e.id]&courtesyMarks != 0 {
			n = max(n, int(e.n))
		}
	}
	return is&(greetMark|politeMark) != 0, is&thanksMark != 0, n
}
