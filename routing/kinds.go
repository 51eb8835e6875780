package routing

// kind is a class that covers n tokens of a document, by its number.
type kind struct{ number, n int32 }

// gatherKinds sets the document's kinds: its edges that are classes the model may know.
func (m *matter) gatherKinds() {
	d := m.d
	d.kinds, d.firstKind = d.kinds[:0], d.firstKind[:0]
	for i := range d.tokens {
		d.firstKind = append(d.firstKind, int32(len(d.kinds)))
		if w := d.lemmas[i]; w != nil {
			for _, n := range w.kinds() {
				d.kinds = append(d.kinds, kind{int32(n), 1})
			}
		}
		for _, e := range d.others(i) {
			if n := m.lex.numbers[e.id]; n != 0 {
				d.kinds = append(d.kinds, kind{n, e.n})
			}
		}
	}
	d.firstKind = append(d.firstKind, int32(len(d.kinds)))
}

// kindFeatures adds the classes.
func (m *matter) kindFeatures() {
	for _, k := range m.d.kinds {
		row := uint32(0)
		if m.model != nil {
			row = m.kinds[k.number]
		}
		m.d.found(classFamily, feature(m.lex.kinds[k.number]), row)
	}
}

// pairOf begins the hash of two classes; that of the second is added.
func pairOf(hash uint64) uint64 { return (seedPairOf ^ hash) * hashPrime }

// pairFeatures adds every class with one that begins at most pairReach tokens after its end.
func (m *matter) pairFeatures() {
	d, hashes := m.d, m.lex.kinds
	keys, known := d.features[pairFamily], d.rows[pairFamily]
	for i := range d.tokens {
		for _, a := range d.kinds[d.firstKind[i]:d.firstKind[i+1]] {
			h, from := pairOf(hashes[a.number]), min(i+int(a.n), len(d.tokens))
			rows := m.pairs[min(int(a.number)*len(hashes), len(m.pairs)):]
			for _, b := range d.kinds[d.firstKind[from]:d.firstKind[min(from+pairReach, len(d.tokens))]] {
				key := feature(h + hashes[b.number])
				if !d.recent.fresh(key) {
					continue
				}
				keys = append(keys, key)
				if int(b.number) < len(rows) && rows[b.number] > 0 {
					known = append(known, rows[b.number]-1)
				}
			}
		}
	}
	d.features[pairFamily], d.rows[pairFamily] = keys, known
}
