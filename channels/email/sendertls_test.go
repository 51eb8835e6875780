package email

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

// certificateFiles are a certificate as an operator has it.
func certificateFiles(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	server, _ := certificate(t)
	der, err := x509.MarshalPKCS8PrivateKey(server.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: server.Certificates[0].Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestSendTLSPolicy(t *testing.T) {
	server, client := certificate(t)
	tests := []struct {
		name     string
		offers   *tls.Config
		implicit bool
		starttls string
		trusts   *tls.Config
		ok       bool
	}{
		{"smtps", server, true, "", client, true},
		{"smtps untrusted", server, true, "", nil, false},
		{"required", server, false, TLSRequired, client, true},
		{"required, not offered", nil, false, TLSRequired, client, false},
		{"opportunistic, offered", server, false, TLSOpportunistic, client, true},
		{"opportunistic, untrusted", server, false, TLSOpportunistic, nil, false},
		{"opportunistic, not offered", nil, false, TLSOpportunistic, client, true},
		{"none", server, false, TLSNone, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &peer{}
			scheme := "smtp://"
			if tt.implicit {
				scheme = "smtps://"
			}
			snd := testSender(t, newStore(), SMTP{URL: scheme + p.serve(t, tt.offers, tt.implicit), StartTLS: tt.starttls})
			snd.TLS = tt.trusts
			if _, err := snd.Send(context.Background(), outbound("1-1")); (err == nil) != tt.ok {
				t.Error(err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	cfg, user := memServer(t, nil)
	testFind(t, &cfg, func(raw []byte) { put(t, user, "Sent", raw) })
	snd := testSender(t, newStore(), SMTP{})
	if _, _, err := snd.Find(context.Background(), outbound("1-1")); !errors.Is(err, errCannotTell) {
		t.Errorf("without imap: %v", err)
	}
}

// testFind tells apart: found, not found, and no way to know.
func testFind(t *testing.T, cfg *IMAP, file func(raw []byte)) {
	t.Helper()
	p := &peer{}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false)})
	snd.Config.IMAP = cfg
	ctx := context.Background()
	m := outbound("1042-3")
	if _, found, err := snd.Find(ctx, m); !errors.Is(err, errCannotTell) || found {
		t.Errorf("nothing is filed: %v %v", found, err)
	}
	if _, err := snd.Send(ctx, outbound("1042-1")); err != nil {
		t.Fatal(err)
	}
	file(p.mails[0])
	if _, found, err := snd.Find(ctx, m); err != nil || found {
		t.Errorf("another is filed: %v %v", found, err)
	}
	id, err := snd.Send(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	file(p.mails[1])
	if got, found, err := snd.Find(ctx, m); err != nil || !found || got != id {
		t.Errorf("it is filed: %q %v %v", got, found, err)
	}
}
