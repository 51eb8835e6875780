package inbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"strconv"

	"github.com/caravan-desk/caravan/conversations"
)

func (s *memory) Officers(context.Context) ([]conversations.Officer, error) {
	leave, err := s.enter()
	defer leave()
	var all []conversations.Officer
	for _, o := range s.officers {
		all = append(all, o)
	}
	return all, err
}

func (s *memory) Officer(_ context.Context, id conversations.OfficerID) (conversations.Officer, error) {
	return found(s, s.officers, id)
}

func (s *memory) OfficerByEmail(_ context.Context, email string) (conversations.Officer, error) {
	leave, err := s.enter()
	defer leave()
	for _, o := range s.officers {
		if o.Email == email {
			return o, err
		}
	}
	return conversations.Officer{}, cmp.Or(err, conversations.ErrNotFound)
}

func (s *memory) SaveOfficer(_ context.Context, o conversations.Officer) (conversations.Officer, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return o, err
	}
	for _, other := range s.officers {
		if other.Email == o.Email && other.ID != o.ID {
			return o, conversations.ErrTaken
		}
	}
	if o.ID == "" {
		o.ID = conversations.OfficerID("o" + strconv.Itoa(len(s.officers)+1))
	} else if s.officers[o.ID].Version != o.Version {
		return o, conversations.ErrStale
	}
	o.Version++
	s.officers[o.ID] = o
	return o, nil
}

func (s *memory) Token(_ context.Context, hash string) (conversations.Token, error) {
	s.mu.Lock()
	s.lookUps++
	s.mu.Unlock()
	return found(s, s.tokens, hash)
}

func (s *memory) SaveToken(_ context.Context, hash string, t conversations.Token) error {
	leave, err := s.enter()
	defer leave()
	s.tokens[hash] = t
	return err
}

func (s *memory) DeleteToken(_ context.Context, hash string) error {
	leave, err := s.enter()
	defer leave()
	delete(s.tokens, hash)
	return err
}

func (s *memory) Begin(_ context.Context, key string) ([]byte, bool, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return nil, false, err
	}
	answer, known := s.keys[key]
	if known && answer == nil {
		return nil, false, conversations.ErrTaken
	}
	if !known {
		s.keys[key] = nil
	}
	return answer, known, nil
}

func (s *memory) Finish(_ context.Context, key string, answer []byte) error {
	leave, err := s.enter()
	defer leave()
	if answer == nil {
		delete(s.keys, key)
	} else {
		s.keys[key] = answer
	}
	return err
}

// blobs is memory as channels.Blobs.
type blobs struct{ *memory }

func (b blobs) Put(_ context.Context, r io.Reader) (string, int64, error) {
	leave, err := b.enter()
	defer leave()
	if err != nil {
		return "", 0, err
	}
	all, err := io.ReadAll(r)
	sum := sha256.Sum256(all)
	key := hex.EncodeToString(sum[:])
	b.blobs[key] = all
	return key, int64(len(all)), err
}

func (b blobs) Get(_ context.Context, key string) (io.ReadCloser, error) {
	leave, err := b.enter()
	defer leave()
	all, ok := b.blobs[key]
	if !ok {
		err = cmp.Or(err, error(fs.ErrNotExist))
	}
	return io.NopCloser(bytes.NewReader(all)), err
}
