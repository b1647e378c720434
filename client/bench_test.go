package client_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
)

const (
	benchSecret        = "a scenario secret of forty characters..."
	benchWebhookSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

// BenchmarkKey opens a version 1 key of 36 characters, beside what no program
// can save: one SHA-256 of the secret, one AES key schedule and CBC over the
// same bytes. The goal is 70 % of that limit's speed:
//
//	go test -run '^$' -bench Key ./client
func BenchmarkKey(b *testing.B) {
	token, err := client.EncryptKey(benchSecret, strings.Repeat("k", client.MaxKeyLength))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decrypt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.DecryptKey(benchSecret, token); err != nil {
				b.Fatal(err)
			}
		}
	})
	sealed, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("limit", func(b *testing.B) {
		b.ReportAllocs()
		text := make([]byte, len(sealed)-aes.BlockSize)
		var key [64]byte
		for b.Loop() {
			sum := sha256.Sum256([]byte(benchSecret))
			hex.Encode(key[:], sum[:])
			block, err := aes.NewCipher(key[:32])
			if err != nil {
				b.Fatal(err)
			}
			cipher.NewCBCDecrypter(block, sealed[:aes.BlockSize]).CryptBlocks(text, sealed[aes.BlockSize:])
		}
	})
	b.Run("encrypt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.EncryptKey(benchSecret, "user:12345"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWebhook encrypts, signs, verifies and opens a notification of 4 kB,
// the size of a session object with a passport's fields:
//
//	go test -run '^$' -bench Webhook ./client
func BenchmarkWebhook(b *testing.B) {
	body := []byte(`{"status":"success","filler":"` + strings.Repeat("x", 4<<10) + `"}`)
	sealed, err := client.SealWebhook(benchWebhookSecret, body)
	if err != nil {
		b.Fatal(err)
	}
	at := time.Unix(1_800_000_000, 0)
	b.Run("encrypt", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := client.SealWebhook(benchWebhookSecret, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign", func(b *testing.B) {
		b.SetBytes(int64(len(sealed)))
		for b.Loop() {
			if client.SignWebhook(benchWebhookSecret, "id", at, sealed) == "" {
				b.Fatal("no signature")
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := client.OpenWebhook(benchWebhookSecret, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}
