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
		{
			title: "A whole session",
			about: "A synthetic person goes through document, selfie and liveness, comparison, verdict and webhook row, from the moment the pictures are in to the verdict. `one` runs one network at a time, and times-models is the session's time beside the sum of what its networks took in the same run; `all` uses all processors. Then the stages, each with its networks; other-ms is what no stage has, most of it the database, the pictures' seals and the queue.",
			pkg:   "./internal/app", bench: "^BenchmarkSession$", time: "5x", count: 3, timeout: 15 * time.Minute,
			goals: []goal{{name: "Session/one", unit: "times-models", atMost: true, limit: 1.1, words: "a session takes at most 10 % longer than its networks"}},
		},
		{
			title: "Start and idle",
			about: "The program itself on a prepared data folder: from the start of the process until /ready says yes, and its resident memory two seconds later.",
			pkg:   "./internal/app", bench: "^BenchmarkStart$", time: "3x", count: 3, timeout: 10 * time.Minute,
			goals: []goal{
				{name: "Start", unit: "start-ms", atMost: true, limit: 1000, words: "ready within a second"},
				{name: "Start", unit: "idle-MB", atMost: true, limit: 100, words: "at most 100 MB while idle"},
			},
		},
	}, sessionSuites()...)
}
