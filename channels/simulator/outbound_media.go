package simulator

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// fetchMedia downloads what the gateway attached; the code is 0 if that worked.
func (s *Simulator) fetchMedia(ctx context.Context, m *Message) int {
	for _, source := range m.mediaSource {
		med, err := s.download(ctx, source)
		if err != nil {
			s.alert(63019, m.SID, source, "%v", err)
			return 63019
		}
		s.update(func() { m.Media = append(m.Media, s.keepMedia(m.SID, med)) })
	}
	return 0
}

const mediaLimit = 16 << 20 // bytes, WhatsApp through Twilio

func (s *Simulator) download(ctx context.Context, source string) (Media, error) {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	s.mu.Lock()
	if s.cfg.GatewayDial != "" && s.cfg.GatewayURL != "" {
		if rest, ok := strings.CutPrefix(source, s.cfg.GatewayURL); ok {
			source = s.cfg.GatewayDial + rest
		}
	}
	s.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return Media{}, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return Media{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mediaLimit))
	if err == nil && res.StatusCode != http.StatusOK {
		err = &url.Error{Op: "Get", URL: source, Err: errStatus(res.StatusCode)}
	}
	return Media{ContentType: res.Header.Get("Content-Type"), Content: body}, err
}

type errStatus int

func (e errStatus) Error() string { return "answered " + itoa(int(e)) }
