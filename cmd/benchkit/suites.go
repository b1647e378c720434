package main

import "time"

// suites lists what is measured, in the order of the page.
func suites() []suite {
	return append([]suite{
		{
			title: "Client keys and notifications",
			about: "Opening a version 1 key of 36 characters, beside SHA-256 and AES-CBC of the same bytes alone; and encrypting, signing and opening a notification of 4 kB.",
			pkg:   "./client", bench: "^Benchmark(Key|Webhook)$", time: "0.5s", count: 5, timeout: 5 * time.Minute,
			goals: []goal{{name: "Key/limit", unit: "ns/op", beside: "Key/decrypt", limit: 0.7, words: "opening a key runs at 70 % of its ciphers' speed or more"}},
		},
		{
			title: "Webhooks",
			about: "The body of one delivery, encrypted, and its signature; and notifications that one node sends to receivers on loopback, each with its row, its keys, a connection of its own and its line in the log. The receivers run in the same process. PostgreSQL is a server of the run's own, with fsync off.",
			pkg:   "./internal/webhook", bench: "^Benchmark(SealAndSign|Deliver)$", time: "5000x", count: 3, timeout: 10 * time.Minute,
			goals: []goal{
				{name: "Deliver/sqlite", unit: "deliveries/s", limit: 1000, words: "1,000 webhooks a second from SQLite"},
				{name: "Deliver/postgres", unit: "deliveries/s", limit: 1000, words: "1,000 webhooks a second from PostgreSQL"},
			},
		},
	}, sessionSuites()...)
}
