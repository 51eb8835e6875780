package routing

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Settings of training. They were chosen by five-fold validation over scenarios
// (docs/understanding.md); around these values little changes.
const (
	epochs     = 20
	learnRate  = 0.5
	dropout    = 0.5  // features left out of a message at random, so that no weight relies on another
	smoothing  = 0.05 // of a label's certainty is spread over all labels
	balance    = 0.3  // power by which rare labels weigh more
	leastSeen  = 3    // messages a feature must occur in
	sideWeight = 0.5  // of the priority and call-back heads beside the labels
	opinions   = 3    // times it is trained, each in another order; their mean errs less than each
)

// trainee is an example as the trainer sees it.
type trainee struct {
	ids    []int32
	values []float32
	want   [len(headEnds)]int // lane per head; -1: not known
}

// trainer fits the weights by stochastic gradient descent with a step of its own for
// each feature (AdaGrad, Duchi et al. 2011).
type trainer struct {
	keys   []uint32
	count  map[uint32]int // lessons each feature occurs in
	set    []trainee
	weight [lanes]float32 // of an example of that label
	w      []float32      // lanes per feature
	seen   []float32      // squared gradients per feature
	bias   [lanes]float32
	around float32 // squared gradients of the bias
	random *rand.Rand
}

// train fits a model to the examples; the same examples in the same order give the same
// model. The lexicon is the classifier's own. It takes about two seconds for 2,500 messages.
func (c *Classifier) train(examples []Example) *Model {
	t := trainer{random: rand.New(rand.NewPCG(20, 26))}
	t.read(c.lessons(examples))
	var mean trainer
	mean.w = make([]float32, len(t.keys)*lanes)
	for range opinions {
		t.learn()
		for i, x := range t.w {
			mean.w[i] += x / opinions
		}
		for k, b := range t.bias {
			mean.bias[k] += b / opinions
		}
	}
	t.w, t.bias = mean.w, mean.bias
	return t.model()
}

// learn fits the weights anew.
func (t *trainer) learn() {
	t.w, t.seen = make([]float32, len(t.keys)*lanes), make([]float32, len(t.keys))
	t.bias, t.around = [lanes]float32{}, 1
	order := t.random.Perm(len(t.set))
	for epoch := range epochs {
		t.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		rate := float32(learnRate * (1 - float64(epoch)/(epochs+1)))
		for _, i := range order {
			t.step(&t.set[i], rate)
		}
	}
}

// choose keeps the features that occur in enough messages.
func (t *trainer) choose(lessons []lesson) {
	t.count = map[uint32]int{}
	for _, l := range lessons {
		for _, keys := range l.seen {
			for _, key := range keys {
				t.count[key]++
			}
		}
	}
	for key, n := range t.count {
		if n >= leastSeen {
			t.keys = append(t.keys, key)
		}
	}
	slices.Sort(t.keys)
}

// lesson is what the model sees, and the right lane of each head for it, -1 where it is
// not asked.
type lesson struct {
	seen features
	want [len(headEnds)]int
}

// lessons are what is to be learnt from examples: of the whole message what it is about,
// of the sentences in it that speak of talking whether they ask for a call.
func (c *Classifier) lessons(examples []Example) []lesson {
	out := make([]lesson, 0, len(examples)+len(examples)/4)
	for _, e := range examples {
		whole, said := c.features(Text{Channel: e.Channel, Subject: e.Subject, Body: e.Text})
		want := e.Want.lanes()
		call := want[2]
		want[2] = -1
		out = append(out, lesson{whole, want})
		if said != nil && call >= 0 {
			out = append(out, lesson{*said, [...]int{-1, -1, call}})
		}
	}
	return out
}

// read turns lessons into the trainer's terms.
func (t *trainer) read(lessons []lesson) {
	t.choose(lessons)
	var have [lanes]float64
	known := 0
	t.set = make([]trainee, len(lessons))
	for i, l := range lessons {
		s := &t.set[i]
		for _, keys := range l.seen {
			v := float32(1 / math.Sqrt(float64(len(keys))))
			for _, key := range keys {
				if at, ok := slices.BinarySearch(t.keys, key); ok {
					s.ids, s.values = append(s.ids, int32(at)), append(s.values, v)
				}
			}
		}
		s.want = l.want
		if y := s.want[0]; y >= 0 {
			have[y]++
			known++
		}
	}
	for y := range labels {
		t.weight[y] = float32(math.Pow(float64(known)/float64(len(labels))/max(have[y], 1), balance))
	}
}

// lanes are the right lanes of the heads, -1 where the answer is not known.
func (w Want) lanes() (out [len(headEnds)]int) {
	out = [...]int{-1, -1, -1}
	if y, ok := w.label(); ok {
		out[0] = y
	}
	if p := slices.Index(priorityLanes[:], w.Priority); p >= 0 {
		out[1] = priorityHead + p
	}
	if w.Callback != nil {
		out[2] = callbackHead
		if *w.Callback {
			out[2]++
		}
	}
	return out
}

// step moves the weights a little towards the right answer for one message, of which
// half the features are hidden.
func (t *trainer) step(s *trainee, rate float32) {
	var ids, n = [4096]int32{}, 0
	var values [4096]float32
	logits := t.bias
	for j, id := range s.ids {
		if t.random.Uint32() < dropout*(1<<32) || n == len(ids) {
			continue
		}
		v := s.values[j] / (1 - dropout)
		ids[n], values[n] = id, v
		n++
		row := (*[lanes]float32)(t.w[int(id)*lanes:])
		for k := range row {
			logits[k] += float32(v * row[k])
		}
	}
	slope, size := t.slope(s, &logits)
	for j, id := range ids[:n] {
		v := values[j]
		t.seen[id] += v * v * size
		by := rate * v / float32(math.Sqrt(float64(t.seen[id])+1e-6))
		row := (*[lanes]float32)(t.w[int(id)*lanes:])
		for k := range row {
			row[k] -= float32(by * slope[k])
		}
	}
	t.around += size
	by := 0.3 * rate / float32(math.Sqrt(float64(t.around)))
	for k := range slope {
		t.bias[k] -= by * slope[k]
	}
}

// slope is the gradient of the loss by the logits, and its squared length.
func (t *trainer) slope(s *trainee, logits *[lanes]float32) (slope [lanes]float32, size float32) {
	from := 0
	for head, end := range headEnds {
		y, weight := s.want[head], float32(sideWeight)
		if y >= 0 {
			if head == 0 {
				weight = t.weight[y]
			}
			var p [lanes]float64
			for k := from; k < end; k++ {
				p[k] = float64(logits[k])
			}
			softmax(p[from:end], 1)
			for k := from; k < end; k++ {
				target := smoothing / float64(end-from)
				if k == y {
					target += 1 - smoothing
				}
				slope[k] = float32(p[k]-target) * weight
				size += slope[k] * slope[k]
			}
		}
		from = end
	}
	return slope, size
}

// clipped is the share of the weights that one byte is too small for.
const clipped = 0.0002

// model rounds the weights to one byte each.
func (t *trainer) model() *Model {
	m := &Model{heat: 1, keys: slices.Clone(t.keys), rows: make([]row, len(t.keys))}
	sizes := make([]float32, len(t.w))
	for i, x := range t.w {
		sizes[i] = float32(math.Abs(float64(x)))
	}
	slices.Sort(sizes)
	most := 1e-6
	if len(sizes) > 0 {
		most = max(most, float64(sizes[int(float64(len(sizes)-1)*(1-clipped))]))
	}
	unit := most / 127
	for i, x := range t.w {
		m.rows[i/lanes][i%lanes] = byte(128 + math.Round(max(-127, min(127, float64(x)/unit))))
	}
	for k := range m.scale {
		m.scale[k] = unit
	}
	for k, b := range t.bias {
		m.bias[k] = float64(b)
	}
	m.order(t.count)
	return m
}
