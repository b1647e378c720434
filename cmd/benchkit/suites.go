package main

import "time"

// suites lists what is measured, in the order of the page.
func suites() []suite {
	return []suite{
		{
			title: "Client keys and notifications",
			about: "Opening a version 1 key of 36 characters, beside SHA-256 and AES-CBC of the same bytes alone; and encrypting, signing and opening a notification of 4 kB.",
			pkg:   "./client", bench: "^Benchmark(Key|Webhook)$", time: "0.5s", count: 5, timeout: 5 * time.Minute,
			goals: []goal{{name: "Key/limit", unit: "ns/op", beside: "Key/decrypt", limit: 0.7, words: "opening a key runs at 70 % of its ciphers' speed or more"}},
		},
	}
}
