package routing

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A model file is one line of JSON, then the features as 32-bit little-endian numbers, each
// once and in any order, then their weights in the same order, one byte a lane.

const modelFormat = "caravan model 1"

// modelHead is the first line of a model file.
type modelHead struct {
	Format   string            `json:"format"`
	Name     string            `json:"name"`
	Inputs   string            `json:"inputs"` // fingerprint of what it was trained on
	Features int               `json:"features"`
	Lanes    int               `json:"lanes"`
	Heat     float64           `json:"heat"`
	Scale    [families]float64 `json:"scale"`
	Bias     [lanes]float64    `json:"bias"`
	Report   Report            `json:"report"`
}

// mostFeatures bounds what a damaged file can make us allocate.
const mostFeatures = 1 << 20

// ReadModel reads a model file and checks its form.
func ReadModel(r io.Reader) (*Model, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("model: read its head: %w", err)
	}
	var h modelHead
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, fmt.Errorf("model: its head: %w", err)
	}
	if h.Format != modelFormat || h.Lanes != lanes || h.Features < 0 || h.Features > mostFeatures || !(h.Heat > 0) {
		return nil, fmt.Errorf("model %q: written for another version of caravan; train it again", h.Name)
	}
	m := &Model{Name: h.Name, Inputs: h.Inputs, Report: h.Report, heat: h.Heat, scale: h.Scale, bias: h.Bias,
		keys: make([]uint32, h.Features), rows: make([]row, h.Features)}
	if err := binary.Read(in, binary.LittleEndian, m.keys); err != nil {
		return nil, fmt.Errorf("model %s: cut short: %w", m.Name, err)
	}
	for i := range m.rows {
		if _, err := io.ReadFull(in, m.rows[i][:lanes]); err != nil {
			return nil, fmt.Errorf("model %s: cut short: %w", m.Name, err)
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("model %s: longer than it says", m.Name)
	}
	if !m.index() {
		return nil, fmt.Errorf("model %s: damaged", m.Name)
	}
	return m, nil
}

// Write writes the model file.
func (m *Model) Write(w io.Writer) error {
	head, err := json.Marshal(modelHead{modelFormat, m.Name, m.Inputs, len(m.keys), lanes, m.heat, m.scale, m.bias, m.Report})
	if err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	out := bufio.NewWriter(w)
	if _, err = out.Write(append(head, '\n')); err == nil {
		err = binary.Write(out, binary.LittleEndian, m.keys)
	}
	for i := range m.rows {
		if err == nil {
			_, err = out.Write(m.rows[i][:lanes])
		}
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write model %s: %w", m.Name, err)
	}
	return nil
}
