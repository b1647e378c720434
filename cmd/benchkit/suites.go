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
			title: "Faces beside JavaScript",
			about: "From a decoded picture of 480 pixels to the 128 numbers of its face: detection with the mesh that confirms it, landmarks (twice), descriptor, and measures of sharpness and light. Each stage with what its networks take of it; `times-networks` is the median of all beside the networks alone. Times are the processor's, which a busy machine changes less than the clock's. By turns with @vladmandic/face-api on TensorFlow.js's WebAssembly back end (SIMD, one thread; detector, landmarks and descriptor by its own call), from the decoded picture on. The 189 pictures are the 21 faces of the npm package's demo photographs under nine conditions (light, size, compression, tilt, noise), cut out by our detector. TAR at a FAR of 0.1 % of 2,349 pairs of two people, of 168 pairs of one; a face that was not seen counts as not accepted, and then once more over the pictures in which both saw one.",
			pkg:   "./internal/face", bench: "^BenchmarkBesidePeer$", time: "1x", count: 1, timeout: 15 * time.Minute,
			goals: []goal{
				{name: "BesidePeer", unit: "times-networks", atMost: true, limit: 1.1, words: "a face is described within 10 % of its networks' time"},
				{name: "BesidePeer", unit: "times-peer", limit: 4, words: "four times as fast as face-api on WebAssembly"},
				{name: "BesidePeer", unit: "both-seen-TAR-points-ahead", limit: 0, words: "true accepts no fewer than face-api's, where both see a face"},
			},
		},
		{
			title: "Faces where there are none",
			about: "Pictures without a face (seeds 9700001 to 9700096): photographed letters, bills, bank cards, sheets of codes (`print`), passports and cards with nothing where the portrait belongs (`documents`), and textures. How many of them each detector takes for one with a face: BlazeFace in one look, in all its looks (with a border, in parts), confirmed by the mesh (`as-used`), and face-api's SSD alone and confirmed. Drawn pictures: what a wall, a shirt or a pet does is not among them.",
			pkg:   "./internal/face", bench: "^BenchmarkFalseDetections$", time: "1x", count: 1, timeout: 15 * time.Minute,
			goals: []goal{
				{name: "FalseDetections", unit: "as-used-documents", atMost: true, limit: 0, words: "no face on documents without a portrait"},
				{name: "FalseDetections", unit: "as-used-print", atMost: true, limit: 0, words: "no face in print"},
				{name: "FalseDetections", unit: "as-used-textures", atMost: true, limit: 0, words: "no face in textures"},
			},
		},
		{
			title: "Faces under hardships",
			about: "40 drawn heads (seeds 4,500,000 to 4,500,039, on which nothing was set) beside a portrait of theirs with another expression, slightly turned: how many are found, and how many are told to be who they are at the default threshold (a distance of 0.47). Pictures of 640 × 480 as JPEG, one hardship at a time: the whole picture on its side or on its head without an EXIF orientation, glasses, dark glasses, a head scarf, a cap, a head that leans by 30°, one that fills the picture, one of 60 pixels, a fifth of the light, a fifth of the sharpness, somebody smaller in the corner. Drawn glasses reflect nothing.",
			pkg:   "./internal/face", bench: "^BenchmarkConditions$", time: "1x", count: 1, timeout: 15 * time.Minute,
			goals: []goal{
				{name: "Conditions", unit: "quarter-left-same", limit: 40, words: "faces on their left side are known"},
				{name: "Conditions", unit: "quarter-right-same", limit: 40, words: "faces on their right side are known"},
				{name: "Conditions", unit: "on-its-head-same", limit: 40, words: "faces on their head are known"},
				{name: "Conditions", unit: "glasses-same", limit: 40, words: "faces with glasses are known"},
				{name: "Conditions", unit: "head-scarf-same", limit: 40, words: "faces under a head scarf are known"},
			},
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
